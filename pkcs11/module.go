package pkcs11

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"unsafe"
)

// maxSlots, and the other limits of this package, stop a library that is broken or was
// exchanged from filling the memory: a token holds a few objects, a partitioned HSM a few hundred slots.
const (
	maxSlots      = 1024
	maxMechanisms = 1024
)

// Module is a library that was loaded and initialised. It cannot be unloaded: libraries
// leave threads and handlers behind.
type Module struct{ list unsafe.Pointer }

// The functions of CK_FUNCTION_LIST that are called here, by their place in it. The order
// has been the same since version 2.0 (PKCS #11 base specification, 3.6).
const (
	cInitialize        = 0
	cFinalize          = 1
	cGetSlotList       = 4
	cGetTokenInfo      = 6
	cGetMechanismList  = 7
	cOpenSession       = 12
	cCloseSession      = 13
	cLogin             = 18
	cLogout            = 19
	cGetAttributeValue = 24
	cFindObjectsInit   = 26
	cFindObjects       = 27
	cFindObjectsFinal  = 28
	cSignInit          = 42
	cSign              = 43
)

// Open loads the library at an absolute path: a bare name would be looked for wherever
// the loader's environment points to.
func Open(path string) (*Module, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("%s: not an absolute path: %w", path, ErrNoModule)
	}
	if about, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", path, ErrNoModule)
	} else if err != nil {
		return nil, err
	} else if !about.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", path, ErrNotModule)
	}
	entry, err := load(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrNotModule, err)
	}
	var m Module
	if err := returned("C_GetFunctionList", call(entry, uintptr(unsafe.Pointer(&m.list)))); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	// Version 3 libraries give the list of version 2.40 here, too.
	if m.list == nil || *(*byte)(m.list) < 2 || *(*byte)(m.list) > 3 {
		return nil, fmt.Errorf("%s: %w", path, ErrNotModule)
	}
	// No CK_C_INITIALIZE_ARGS: we promise to call by one thread at a time.
	if err := returned("C_Initialize", call(m.function(cInitialize), 0)); err != nil && !errors.Is(err, alreadyInitialized) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &m, nil
}

// Close ends what the library does, sessions and logins included.
func (m *Module) Close() error { return returned("C_Finalize", call(m.function(cFinalize), 0)) }

func (m *Module) function(place uintptr) uintptr {
	return *(*uintptr)(unsafe.Add(m.list, firstFunction+place*unsafe.Sizeof(uintptr(0))))
}

// slots are those with a token in them.
func (m *Module) slots() ([]ulong, error) {
	slots, err := counted("C_GetSlotList", maxSlots, func(first *ulong, count *ulong) ulong {
		return call(m.function(cGetSlotList), 1, uintptr(unsafe.Pointer(first)), uintptr(unsafe.Pointer(count)))
	})
	return slots, err
}

// mechanisms are what the token in a slot can do.
func (m *Module) mechanisms(slot ulong) ([]ulong, error) {
	return counted("C_GetMechanismList", maxMechanisms, func(first *ulong, count *ulong) ulong {
		return call(m.function(cGetMechanismList), slot, uintptr(unsafe.Pointer(first)), uintptr(unsafe.Pointer(count)))
	})
}

// counted asks for a list as Cryptoki has it: how many, then which (5.2).
func counted(function string, most ulong, ask func(first, count *ulong) ulong) ([]ulong, error) {
	var count ulong
	if err := returned(function, ask(nil, &count)); err != nil || count == 0 {
		return nil, err
	}
	if count > most {
		return nil, fmt.Errorf("%s: %d: %w", function, count, ErrTooMuch)
	}
	list := make([]ulong, count)
	if err := returned(function, ask(&list[0], &count)); err != nil {
		return nil, err
	}
	if count > ulong(len(list)) {
		return nil, fmt.Errorf("%s: %d of %d: %w", function, count, len(list), ErrTooMuch)
	}
	return list[:count], nil
}
