package intake

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestNDJSON(t *testing.T) {
	const good = `{"full_name":"Nguyễn Thị Hòa","gender":"Nữ","dose_number":1}`
	for _, test := range []struct{ name, input, want string }{
		{"rows", good + "\n" + good, "1: 2:"},
		{"blank lines and CRLF", "\r\n" + good + "\r\n \t\r\n" + good + "\r\n", "2: 4:"},
		{"byte order mark", "\xEF\xBB\xBF" + good, "1:"},
		{"escapes", `{"full_name":"Nguy\u1ec5n \"Hòa\""}`, "1:full_name:name_signs?"},
		{"number for text", `{"dose_number":2,"id_number":75190000123}`, "1:id_number:lost_leading_zero"},
		{"number as float", `{"id_number":7.5190000123e10}`, "1:id_number:id_spreadsheet_number"},
		{"null", `{"full_name":null,"gender":"Nam"}`, "1:"},
		{"true", `{"match":true}`, "1:"},
		{"Vietnamese names", `{"Họ và tên":"Nguyễn","Giới tính":"Nữ"}`, "1:"},
		{"list", `{"full_name":["Nguyễn"]}`, "1:full_name:member_nested"},
		{"object", `{"full_name":{"family":"Nguyễn","given":["Thị","Hòa"]}}`, "1:full_name:member_nested"},
		{"unknown member", `{"full_name":"Nguyễn","address":"x"}`, "1:member_unknown"},
		{"member twice", `{"full_name":"Nguyễn","Họ tên":"Trần"}`, "1:full_name:member_double"},
		{"member in two lines", good + "\n" + good, "1: 2:"},
		{"empty object", good + "\n{}", "1: 2:empty_row"},
		{"broken line", good + "\n{\"full_name\":\n" + good, "1: 2:bad_json 3:"},
		{"two objects", good + good, "1:bad_json"},
		{"comma at the end", `{"full_name":"x",}`, "1:bad_json"},
		{"no comma", `{"full_name":"x" "gender":"Nam"}`, "1:bad_json"},
		{"bare word", `{"full_name":x}`, "1:bad_json"},
		{"leading zero", `{"id_number":075190000123}`, "1:bad_json"},
		{"text in CSV", good + "\n" + fullRow, "1: 2:bad_json"},
		{"raw tab", "{\"full_name\":\"a\tb\"}", "1:bad_json"},
		{"half a surrogate", `{"full_name":"\ud83d"}`, "1:full_name:replacement_character"},
		{"NUL", `{"full_name":"a\u0000b"}`, "1:full_name:control_character"},
		{"deep", good + "\n" + `{"full_name":` + strings.Repeat("[", 20_000), "1: 2:bad_json"},
		{"long line", good + "\n" + `{"full_name":"` + strings.Repeat("x", MaxLineBytes) + "\"}\n" + good, "1: 2:line_too_long 3:"},
		{"not UTF-8", good + "\n" + good + "\n{\"full_name\":\"Nguy\xD4n\"}", "1: 2: 3:full_name:not_utf8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, row := range readAll(t, test.input, testOptions()) {
				got = append(got, fmt.Sprintf("%d:%s", row.Line, codes(row)))
			}
			if joined := strings.Join(got, " "); joined != test.want {
				t.Errorf("rows %q, want %q", joined, test.want)
			}
		})
	}
}

// FuzzNDJSON holds our reader of one object against encoding/json: we take no line
// that is no JSON object, and read the same strings.
func FuzzNDJSON(f *testing.F) {
	f.Add(`{"a":"b","c":1.5e3,"d":null,"e":[1,{"x":"]"}],"f":true}`)
	f.Add(`{ "a" : "\u00e9\n\"" , "a":"" } `)
	f.Add(`{"a":{}}`)
	f.Fuzz(func(t *testing.T, line string) {
		line = strings.ReplaceAll(line, "\n", " ")
		members, ok := readObject(line, nil)
		var theirs map[string]json.RawMessage
		err := json.Unmarshal([]byte(line), &theirs)
		if ok != (err == nil && theirs != nil) {
			t.Fatalf("we say %v, encoding/json %v", ok, err)
		}
		last := map[string]member{}
		for _, m := range members {
			last[string([]rune(m.name))] = m
			if !json.Valid([]byte("{" + m.source + "}")) {
				t.Errorf("source of a member is no member: %q", m.source)
			}
		}
		if len(last) != len(theirs) {
			t.Fatalf("%d names, encoding/json has %d", len(last), len(theirs))
		}
		for name, m := range last {
			var text string
			if raw := theirs[name]; len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &text) == nil && text != string([]rune(m.text)) {
				t.Errorf("text %q, encoding/json %q", m.text, text)
			}
		}
	})
}
