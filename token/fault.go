package token

import "slices"

// Fault is what can go wrong with a token, in the words of who has it in hand. Faults are
// compared by errors.Is, and found by errors.As for their sentences.
type Fault struct {
	Code                string
	Vietnamese, English string
}

// Error implements error.
func (f *Fault) Error() string { return f.English }

// The faults. None is tried again by itself, each leaves the token as usable as it was.
var (
	ErrNoProgram = &Fault{"no-program", "Thiếu chương trình kytiem-token bên cạnh kytiem hoặc trong PATH", "the program kytiem-token is missing beside kytiem and in PATH"}
	ErrNoModule  = &Fault{"no-module", "Không tìm thấy thư viện PKCS#11; ghi đường dẫn đầy đủ của nó", "the PKCS#11 library was not found, give its absolute path"}
	ErrModule    = &Fault{"module", "Tệp không phải thư viện PKCS#11, hoặc là thư viện cho hệ máy khác (32/64 bit)", "the file is not a PKCS#11 library, or is one for another kind of machine (32/64 bits)"}
	ErrProtocol  = &Fault{"protocol", "Chương trình kytiem-token không cùng phiên bản với chương trình này", "not a message of this protocol: is kytiem-token of the same version?"}
	ErrHangs     = &Fault{"hangs", "Thiết bị hoặc thư viện của nó không trả lời; rút ra cắm lại rồi thử lại", "the token or its library does not answer: plug it in again and try again"}
	ErrCrashed   = &Fault{"crashed", "Thư viện của thiết bị bị lỗi và dừng giữa chừng; chưa ký gì", "the token's library crashed, nothing was signed"}

	ErrNoToken       = &Fault{"no-token", "Không thấy thiết bị chứa khóa; hãy cắm thiết bị", "no token is there: plug it in"}
	ErrRemoved       = &Fault{"removed", "Thiết bị bị rút ra giữa chừng; cắm lại rồi ký lại", "the token was taken out, plug it in and sign again"}
	ErrNoCertificate = &Fault{"no-certificate", "Không có chứng thư nào trên thiết bị khớp với địa chỉ pkcs11: đã cho", "no certificate on a token is the one that the pkcs11: URI names"}
	ErrAmbiguous     = &Fault{"ambiguous", "Nhiều chứng thư khớp với địa chỉ pkcs11:; hãy ghi rõ một trong các địa chỉ dưới đây", "several certificates fit the pkcs11: URI, give one of those below"}
	ErrNoKey         = &Fault{"no-key", "Thiết bị có chứng thư này nhưng không có khóa bí mật của nó", "the token holds the certificate, but not its private key"}

	ErrNoPIN             = &Fault{"no-pin", "Thiết bị cần mã PIN", "the token asks for its PIN"}
	ErrPINIncorrect      = &Fault{"pin-incorrect", "Sai mã PIN; nhập sai vài lần thì thiết bị bị khóa", "wrong PIN: a few wrong ones lock the token"}
	ErrPINIncorrectFinal = &Fault{"pin-incorrect-final", "Sai mã PIN, chỉ còn một lần thử: sai nữa thì thiết bị bị khóa", "wrong PIN, and one try is left: another wrong one locks the token"}
	ErrPINFinalTry       = &Fault{"pin-final-try", "Chỉ còn một lần thử mã PIN; muốn thử phải xác nhận (--final-try)", "one try of the PIN is left, it has to be confirmed (--final-try)"}
	ErrPINLow            = &Fault{"pin-low", "Đã có lần nhập sai mã PIN; dịch vụ không tự thử nữa: sửa mã PIN, rồi ký một lần bằng kytiem sign", "a wrong PIN was tried, and the service does not go on trying: mend it, then sign once with kytiem sign"}
	ErrPINLocked         = &Fault{"pin-locked", "Mã PIN đã bị khóa; đơn vị cấp thiết bị mở khóa", "the PIN is locked, whoever issued the token unlocks it"}
	ErrPINLength         = &Fault{"pin-length", "Mã PIN không đúng độ dài của thiết bị; chưa thử", "the PIN is too short or too long for the token, it was not tried"}
	ErrPINExpired        = &Fault{"pin-expired", "Mã PIN đã hết hạn; đổi mã PIN bằng phần mềm của thiết bị", "the PIN has expired, change it with the token's own software"}
	ErrNotLoggedIn       = &Fault{"not-logged-in", "Thiết bị không còn đăng nhập; hãy ký lại", "the token is logged in no more, sign again"}
	ErrCanceled          = &Fault{"canceled", "Người giữ thiết bị đã từ chối", "the holder declined at the token"}

	ErrMechanism = &Fault{"mechanism", "Thiết bị không ký được theo thuật toán này", "the token does not sign with this algorithm"}
	ErrSignature = &Fault{"signature", "Chữ ký của thiết bị không khớp với chứng thư", "the token's signature does not fit the certificate"}
	ErrDevice    = &Fault{"device", "Thiết bị báo lỗi", "the token reports an error"}
)

// faultOf is the fault with a code, ErrDevice for one that is not known here.
func faultOf(code string) *Fault {
	all := []*Fault{
		ErrNoModule, ErrModule, ErrNoToken, ErrRemoved, ErrNoCertificate, ErrNoKey, ErrNoPIN, ErrPINIncorrect, ErrPINIncorrectFinal,
		ErrPINFinalTry, ErrPINLow, ErrPINLocked, ErrPINLength, ErrPINExpired, ErrNotLoggedIn, ErrCanceled, ErrMechanism, ErrSignature,
	}
	if i := slices.IndexFunc(all, func(f *Fault) bool { return f.Code == code }); i >= 0 {
		return all[i]
	}
	return ErrDevice
}
