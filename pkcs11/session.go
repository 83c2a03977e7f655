package pkcs11

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

const (
	flagSerialSession = 0x4 // and not CKF_RW_SESSION: there are drivers whose token disappears in a read-write session

	userNormal          = 1
	userContextSpecific = 2

	maxObjects   = 1024
	maxAttribute = 64 << 10
)

// Session is a read-only session with one token.
type Session struct {
	module   *Module
	token    Token
	handle   ulong
	loggedIn bool
	closed   bool
	pin      *string // while logged in, for keys that ask for it at every signature
}

// Open opens a session with the token in a slot.
func (m *Module) Open(slot uint64) (*Session, error) {
	t, _, err := m.token(ulong(slot))
	if err != nil {
		return nil, err
	}
	s := &Session{module: m, token: t}
	err = returned("C_OpenSession", call(m.function(cOpenSession), ulong(slot), flagSerialSession, 0, 0, uintptr(unsafe.Pointer(&s.handle))))
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Close logs out, since a login belongs to the process and not to the session, and
// closes.
func (s *Session) Close() error {
	if s.closed {
		return nil
	}
	var errLogout error
	if s.loggedIn {
		errLogout = returned("C_Logout", call(s.module.function(cLogout), s.handle))
	}
	s.closed, s.loggedIn, s.pin = true, false, nil
	return errors.Join(errLogout, returned("C_CloseSession", call(s.module.function(cCloseSession), s.handle)))
}

// Attempt is a PIN and how it may be tried.
type Attempt struct {
	PIN        *string // nil for a reader with a pad of its own
	FinalTry   bool    // the holder knows that this is the last try, and wants it
	Unattended bool    // nobody is there: a PIN that was wrong once is not tried again
}

// Login tries a PIN, once. What the token says of its PIN is looked at first: a locked one is
// not tried, the last try is left to a holder who knows of it, and a PIN of a length that
// cannot be right costs no try. A service that is started again and again with a wrong PIN
// would lock its token in a minute, so that unattended the first wrong one is the end.
func (s *Session) Login(a Attempt) error {
	known := s.token.PIN
	switch {
	case !known.Needed:
		s.pin = a.PIN
		return nil
	case known.Locked:
		return ErrPINLocked
	case known.FinalTry && (!a.FinalTry || a.Unattended):
		return ErrFinalTry
	case known.Low && a.Unattended:
		return ErrPINLow
	case known.Pad:
		a.PIN = nil
	case a.PIN == nil || *a.PIN == "":
		return ErrNoPIN
	case len(*a.PIN) < known.Shortest || known.Longest > 0 && len(*a.PIN) > known.Longest:
		return ErrPINLength
	}
	err := s.login(userNormal, a.PIN)
	if errors.Is(err, UserAlreadyLoggedIn) { // by whom, and with which PIN? No PIN was tried yet
		if err = returned("C_Logout", call(s.module.function(cLogout), s.handle)); err == nil {
			err = s.login(userNormal, a.PIN)
		}
	}
	if err != nil {
		return err
	}
	s.loggedIn, s.pin = true, a.PIN
	return nil
}

// Token reads anew what the token says of itself: after a wrong PIN it may be another thing.
func (s *Session) Token() (Token, error) {
	t, _, err := s.module.token(ulong(s.token.Slot))
	return t, err
}

func (s *Session) login(user ulong, pin *string) error {
	if pin == nil {
		return returned("C_Login", call(s.module.function(cLogin), s.handle, user, 0, 0))
	}
	text := []byte(*pin)
	defer clear(text)
	return returned("C_Login", call(s.module.function(cLogin), s.handle, user, uintptr(unsafe.Pointer(&text[0])), ulong(len(text))))
}

// Attributes and their values (PKCS #11 base specification, 4; header pkcs11t.h).
const (
	attributeClass              = 0x0
	attributeLabel              = 0x3
	attributeValue              = 0x11
	attributeCertificateType    = 0x80
	attributeID                 = 0x102
	attributeModulus            = 0x120
	attributeAlwaysAuthenticate = 0x202

	classCertificate = 0x1
	classPrivateKey  = 0x3
	certificateX509  = 0x0
)

// match is an attribute that an object has to have.
type match struct {
	kind  ulong
	value []byte
}

func number(kind, value ulong) match {
	return match{kind, unsafe.Slice((*byte)(unsafe.Pointer(&value)), unsafe.Sizeof(value))}
}

// find lists the handles of the objects that have all of these attributes.
func (s *Session) find(matches ...match) (handles []ulong, err error) {
	var pins runtime.Pinner
	defer pins.Unpin()
	template := make([]attribute, len(matches))
	for i, m := range matches {
		pins.Pin(&m.value[0])
		template[i] = attribute{m.kind, uintptr(unsafe.Pointer(&m.value[0])), ulong(len(m.value))}
	}
	err = returned("C_FindObjectsInit", call(s.module.function(cFindObjectsInit), s.handle, uintptr(unsafe.Pointer(&template[0])), ulong(len(template))))
	if err != nil {
		return nil, err
	}
	defer func() { // a search left open blocks the next one
		err = errors.Join(err, returned("C_FindObjectsFinal", call(s.module.function(cFindObjectsFinal), s.handle)))
	}()
	var some [32]ulong
	for {
		var count ulong
		err := returned("C_FindObjects", call(s.module.function(cFindObjects), s.handle, uintptr(unsafe.Pointer(&some[0])), ulong(len(some)), uintptr(unsafe.Pointer(&count))))
		if err != nil || count == 0 {
			return handles, err
		}
		if count > ulong(len(some)) || len(handles)+int(count) > maxObjects {
			return nil, fmt.Errorf("C_FindObjects: %w", ErrTooMuch)
		}
		handles = append(handles, some[:count]...)
	}
}

// value is one attribute of an object, nil if the object does not have or show it.
func (s *Session) value(object, kind ulong) ([]byte, error) {
	var pins runtime.Pinner
	defer pins.Unpin()
	asked := attribute{kind: kind}
	ask := func() error {
		return returned("C_GetAttributeValue", call(s.module.function(cGetAttributeValue), s.handle, object, uintptr(unsafe.Pointer(&asked)), 1))
	}
	err := ask()
	if errors.Is(err, attributeTypeInvalid) || errors.Is(err, attributeSensitive) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if asked.length == 0 || asked.length == ^ulong(0) { // CK_UNAVAILABLE_INFORMATION
		return nil, nil
	}
	if asked.length > maxAttribute {
		return nil, fmt.Errorf("C_GetAttributeValue: %d bytes: %w", asked.length, ErrTooMuch)
	}
	value := make([]byte, asked.length)
	pins.Pin(&value[0])
	asked.value = uintptr(unsafe.Pointer(&value[0]))
	if err := ask(); err != nil {
		return nil, err
	}
	if asked.length > ulong(len(value)) {
		return nil, fmt.Errorf("C_GetAttributeValue: %d bytes: %w", asked.length, ErrTooMuch)
	}
	return value[:asked.length], nil
}
