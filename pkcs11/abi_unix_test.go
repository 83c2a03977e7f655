//go:build unix

package pkcs11

import (
	"testing"
	"unsafe"
)

// TestLayout: structures are as C compilers lay them out where pointers have 8 bytes.
func TestLayout(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("pointers have another size here")
	}
	var info tokenInfo
	for name, pair := range map[string][2]uintptr{
		"CK_ATTRIBUTE": {unsafe.Sizeof(attribute{}), 24}, "CK_MECHANISM": {unsafe.Sizeof(mechanism{}), 24},
		"CK_RSA_PKCS_PSS_PARAMS": {unsafe.Sizeof(pssParameters{}), 24}, "CK_TOKEN_INFO": {unsafe.Sizeof(info), 208},
		"CK_TOKEN_INFO.flags": {unsafe.Offsetof(info.flags), 96}, "CK_TOKEN_INFO.ulMaxPinLen": {unsafe.Offsetof(info.maxPIN), 136},
		"CK_FUNCTION_LIST.C_Initialize": {firstFunction, 8},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %d, want %d", name, pair[0], pair[1])
		}
	}
}
