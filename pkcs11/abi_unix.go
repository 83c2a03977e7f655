//go:build unix

package pkcs11

import (
	"fmt"
	"unsafe" // for Sizeof only

	"github.com/ebitengine/purego"
)

// What the C compilers of Unix systems make of Cryptoki's types: CK_ULONG is as wide as a
// pointer and structures have their natural alignment. Windows has CK_ULONG of 32 bits and
// structures packed to one byte (PKCS #11 base specification, 2.1), and so needs its own
// file with these names; nothing else depends on the layout.
type ulong = uintptr

// firstFunction is where the pointers begin in CK_FUNCTION_LIST, behind a CK_VERSION.
const firstFunction = unsafe.Sizeof(uintptr(0))

// attribute is CK_ATTRIBUTE. The value has to be pinned while C sees it.
type attribute struct {
	kind   ulong
	value  uintptr
	length ulong
}

// mechanism is CK_MECHANISM.
type mechanism struct {
	kind      ulong
	parameter uintptr
	length    ulong
}

// pssParameters is CK_RSA_PKCS_PSS_PARAMS.
type pssParameters struct{ hash, mgf, salt ulong }

// tokenInfo is CK_TOKEN_INFO: 208 bytes where pointers have 8.
type tokenInfo struct {
	label, manufacturer [32]byte
	model, serial       [16]byte
	flags               ulong
	_                   [4]ulong // sessions: most, open; read-write: most, open
	maxPIN, minPIN      ulong
	_                   [4]ulong // memory: public, free; private, free
	_                   [2]byte  // hardware version
	_                   [2]byte  // firmware version
	_                   [16]byte // time
}

// load maps a library into this process and finds its one entry.
func load(path string) (entry uintptr, err error) {
	library, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return 0, fmt.Errorf("loading: %w", err)
	}
	return purego.Dlsym(library, "C_GetFunctionList")
}

// call calls a C function. The directive keeps what arguments point to where it is, and
// alive, until the call is over.
//
//go:uintptrescapes
func call(function uintptr, args ...uintptr) ulong {
	rv, _, _ := purego.SyscallN(function, args...)
	return rv
}
