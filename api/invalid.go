package api

import (
	"regexp"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// invalidError is a call that is not as the description says, with the places.
type invalidError struct{ faults []fault }

func (*invalidError) Error() string { return errInvalid.Error() }

// Unwrap gives errInvalid.
func (*invalidError) Unwrap() error { return errInvalid }

// invalid makes the error out of places, whose sentences are those of their codes.
func invalid(faults ...fault) error {
	for i, f := range faults {
		if f.VI == "" {
			said := complaintOf(f.Code)
			faults[i].VI, faults[i].EN = said.vi, said.en
		}
	}
	return &invalidError{faults}
}

// complaint is one way in which a value is not as described. Huma says it in English, by
// a message that begins so.
type complaint struct {
	begins string
	code   string
	vi, en string
}

// complaints are in order: the first whose beginning fits is told.
var complaints = []complaint{
	{"unexpected property", "unexpected", "Không có tên này.", "There is no such name."},
	{"unknown query parameter", "unexpected", "Không có tham số này.", "There is no such parameter."},
	{"expected required property", "required", "Thiếu một tên bắt buộc.", "A name that is required is missing."},
	{"required", "required", "Thiếu tham số bắt buộc.", "A parameter that is required is missing."},
	{"expected length <=", "long", "Quá dài.", "Too long."},
	{"expected length >=", "short", "Trống hoặc quá ngắn.", "Empty or too short."},
	{"expected array length <=", "long", "Quá nhiều phần tử.", "Too many items."},
	{"expected array length >=", "short", "Quá ít phần tử.", "Too few items."},
	{"expected object with at", "count", "Số trường không đúng.", "Not that many members."},
	{"expected array items to be unique", "twice", "Có phần tử lặp lại.", "An item is there twice."},
	{"expected value to be one of", "choice", "Không phải một trong các giá trị được nhận.", "None of the values that are taken."},
	{"expected number", "range", "Số không hợp lệ hoặc ngoài phạm vi.", "Not a number, or outside its range."},
	{"expected string to match", "form", "Không đúng dạng.", "Not in the form that is asked for."},
	{"expected string to be base64", "base64", "Không phải base64 (dạng chuẩn).", "Not base64 (standard form)."},
	{"expected string to be", "form", "Không đúng dạng.", "Not in the form that is asked for."},
	{"expected", "type", "Sai kiểu dữ liệu.", "Of another type."},
	{"", "invalid", "Giá trị không dùng được.", "The value cannot be used."},
}

func complaintOf(code string) complaint {
	for _, c := range complaints {
		if c.code == code {
			return c
		}
	}
	return complaints[len(complaints)-1]
}

// ours turns the errors that huma finds into problems in our shape. It tells the place and
// never the value, which huma would repeat.
func ours(h huma.Context, _ string, v any) (any, error) {
	found, is := v.(*huma.ErrorModel)
	if !is {
		return v, nil
	}
	c := callOf(h.Context())
	faults := make([]fault, 0, len(found.Errors))
	for _, e := range found.Errors {
		for _, known := range complaints {
			if strings.HasPrefix(e.Message, known.begins) {
				faults = append(faults, fault{Location: placeOf(e.Location + missing(e.Message)), Code: known.code, VI: known.vi, EN: known.en})
				break
			}
		}
	}
	k := kindOf(errInvalid)
	h.SetStatus(k.status)
	h.SetHeader("Content-Language", map[bool]string{false: "vi", true: "en"}[c.english()])
	return c.problem(k, faults), nil
}

// missing is the name, as the end of a place, that huma says is missing there.
func missing(message string) string {
	name, is := strings.CutPrefix(message, "expected required property ")
	if !is {
		return ""
	}
	name, _, _ = strings.Cut(name, " ")
	return "." + name
}

// maxPlaceNames bounds how deep a place is told.
const maxPlaceNames = 10

// ownName is a name as those of the API are. What is none may be anything: a caller who
// takes a person's name or number for one must not find it in an answer.
var ownName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z_]+[0-9]{0,3}(\[[0-9]{1,7}\])*$`) })

const maxNameBytes = 40

// placeOf tells a place, whose names can be the caller's.
func placeOf(text string) string {
	names := strings.Split(text, ".")
	names = names[:min(len(names), maxPlaceNames)]
	for i, name := range names {
		if len(name) > maxNameBytes || !ownName().MatchString(name) {
			names[i] = "?"
		}
	}
	return strings.Join(names, ".")
}

// maxFileNameBytes bounds the name of a file, which is the sender's.
const maxFileNameBytes = 100

func fileName(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxFileNameBytes)], "")
}
