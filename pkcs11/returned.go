package pkcs11

import (
	"errors"
	"fmt"
)

// What can be wrong beside what the library itself returns.
var (
	ErrNoModule  = errors.New("no such library")
	ErrNotModule = errors.New("not a PKCS #11 library for this program")
	ErrPINLocked = errors.New("PIN is locked")
	ErrFinalTry  = errors.New("one wrong PIN more locks the token")
	ErrPINLow    = errors.New("a wrong PIN was tried, and nobody is there to know of it")
	ErrPINLength = errors.New("PIN is of a length that the token does not have")
	ErrNoPIN     = errors.New("token asks for a PIN")
	ErrNoKey     = errors.New("no private key that belongs to the certificate")
	ErrMechanism = errors.New("token does not sign in this way")
	ErrSignature = errors.New("token's signature does not verify with the certificate")
	ErrTooMuch   = errors.New("library answers more than a token can hold")
)

// ReturnValue is a CK_RV other than CKR_OK.
type ReturnValue uint32

// Those that are told apart (PKCS #11 base specification, 5.1).
const (
	FunctionCanceled     ReturnValue = 0x50
	DeviceError          ReturnValue = 0x30
	DeviceRemoved        ReturnValue = 0x32
	PINIncorrect         ReturnValue = 0xa0
	PINLenRange          ReturnValue = 0xa2
	PINExpired           ReturnValue = 0xa3
	PINLocked            ReturnValue = 0xa4
	SessionHandleInvalid ReturnValue = 0xb3
	TokenNotPresent      ReturnValue = 0xe0
	TokenNotRecognized   ReturnValue = 0xe1
	UserAlreadyLoggedIn  ReturnValue = 0x100
	UserNotLoggedIn      ReturnValue = 0x101
	alreadyInitialized   ReturnValue = 0x191
	attributeSensitive   ReturnValue = 0x11
	attributeTypeInvalid ReturnValue = 0x12
)

var returnNames = map[ReturnValue]string{ //nolint:gosec // names with PIN in them are no PINs
	0x2: "HOST_MEMORY", 0x3: "SLOT_ID_INVALID", 0x5: "GENERAL_ERROR", 0x6: "FUNCTION_FAILED", 0x7: "ARGUMENTS_BAD",
	attributeSensitive: "ATTRIBUTE_SENSITIVE", attributeTypeInvalid: "ATTRIBUTE_TYPE_INVALID", 0x20: "DATA_INVALID", 0x21: "DATA_LEN_RANGE",
	DeviceError: "DEVICE_ERROR", 0x31: "DEVICE_MEMORY", DeviceRemoved: "DEVICE_REMOVED", FunctionCanceled: "FUNCTION_CANCELED",
	0x54: "FUNCTION_NOT_SUPPORTED", 0x60: "KEY_HANDLE_INVALID", 0x62: "KEY_SIZE_RANGE", 0x63: "KEY_TYPE_INCONSISTENT",
	0x68: "KEY_FUNCTION_NOT_PERMITTED", 0x70: "MECHANISM_INVALID", 0x71: "MECHANISM_PARAM_INVALID", 0x90: "OPERATION_ACTIVE",
	PINIncorrect: "PIN_INCORRECT", 0xa1: "PIN_INVALID", PINLenRange: "PIN_LEN_RANGE", PINExpired: "PIN_EXPIRED", PINLocked: "PIN_LOCKED",
	0xb0: "SESSION_CLOSED", 0xb1: "SESSION_COUNT", SessionHandleInvalid: "SESSION_HANDLE_INVALID", TokenNotPresent: "TOKEN_NOT_PRESENT",
	TokenNotRecognized: "TOKEN_NOT_RECOGNIZED", UserAlreadyLoggedIn: "USER_ALREADY_LOGGED_IN", UserNotLoggedIn: "USER_NOT_LOGGED_IN",
	0x102: "USER_PIN_NOT_INITIALIZED", 0x150: "BUFFER_TOO_SMALL", 0x190: "CRYPTOKI_NOT_INITIALIZED", alreadyInitialized: "CRYPTOKI_ALREADY_INITIALIZED",
	0x200: "FUNCTION_REJECTED",
}

func (r ReturnValue) Error() string {
	if name, ok := returnNames[r]; ok {
		return "CKR_" + name
	}
	return fmt.Sprintf("CK_RV 0x%X", uint32(r))
}

// returned makes an error of what a function returned, nil of CKR_OK.
func returned(function string, rv ulong) error {
	if rv == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w", function, ReturnValue(rv))
}
