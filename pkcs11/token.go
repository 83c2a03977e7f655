package pkcs11

import (
	"errors"
	"strings"
	"unsafe"
)

// Token is what a token says of itself without a PIN.
type Token struct {
	Slot                               uint64
	Label, Manufacturer, Model, Serial string
	PIN                                PIN
}

// PIN is what is known of a token's user PIN before it is tried. Cryptoki does not count
// tries: it knows only these three steps towards the lock.
type PIN struct {
	Needed   bool // CKF_LOGIN_REQUIRED
	Pad      bool // CKF_PROTECTED_AUTHENTICATION_PATH: it is typed at the reader
	Low      bool // CKF_USER_PIN_COUNT_LOW: a wrong one was tried since the last right one
	FinalTry bool // CKF_USER_PIN_FINAL_TRY
	Locked   bool // CKF_USER_PIN_LOCKED
	Shortest int  // as an HSM that says nothing of it has them, these may be
	Longest  int  // zero or below
}

const (
	flagInitialized   = 0x400
	flagLoginRequired = 0x4
	flagPINPad        = 0x100
	flagCountLow      = 0x10000
	flagFinalTry      = 0x20000
	flagLocked        = 0x40000
)

// Tokens lists what is in the slots. A token that was never initialised, that is taken out meanwhile, or that its
// reader cannot read, is left out: the others serve.
func (m *Module) Tokens() ([]Token, error) {
	slots, err := m.slots()
	if err != nil {
		return nil, err
	}
	var tokens []Token
	for _, slot := range slots {
		t, initialized, err := m.token(slot)
		if err == nil && !initialized || errors.Is(err, TokenNotPresent) || errors.Is(err, TokenNotRecognized) || errors.Is(err, DeviceRemoved) {
			continue
		}
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
	}
	return tokens, nil
}

func (m *Module) token(slot ulong) (t Token, initialized bool, err error) {
	var info tokenInfo
	if err := returned("C_GetTokenInfo", call(m.function(cGetTokenInfo), slot, uintptr(unsafe.Pointer(&info)))); err != nil {
		return t, false, err
	}
	return Token{
		Slot: uint64(slot), Label: padded(info.label[:]), Manufacturer: padded(info.manufacturer[:]),
		Model: padded(info.model[:]), Serial: padded(info.serial[:]),
		PIN: PIN{
			Needed: info.flags&flagLoginRequired != 0, Pad: info.flags&flagPINPad != 0, Low: info.flags&flagCountLow != 0,
			FinalTry: info.flags&flagFinalTry != 0, Locked: info.flags&flagLocked != 0,
			Shortest: int(info.minPIN), Longest: int(info.maxPIN),
		},
	}, info.flags&flagInitialized != 0, nil
}

// padded takes away the blanks that fill Cryptoki's strings, or the zeros that some
// libraries put there.
func padded(text []byte) string {
	whole, _, _ := strings.Cut(string(text), "\x00")
	return strings.ToValidUTF8(strings.TrimRight(whole, " "), "\uFFFD")
}
