package intake

import "bytes"

// legacyWords are the commonest words of Vietnamese names (Nguyễn, Trần, Văn, Thị,
// Lê, Phạm, Hoàng, Đức) and of headers (Họ, tên, Số, Ngày, Mũi) as the encodings of
// the time before Unicode write them. Each encoding puts different bytes there, so
// the one with most hits is the one.
var legacyWords = [...]struct {
	code  string
	words [12]string
}{
	{"file_tcvn3", [...]string{
		"guy\xD4n", "Tr\xC7n", "V\xA8n", "Th\xDE", "L\xAA", "Ph\xB9m", "Ho\xB5ng", "\xA7\xF8c", "H\xE4", "t\xAAn", "Ng\xB5y", "M\xF2i",
	}},
	{"file_vni", [...]string{
		"guye\xE3n", "Tra\xE0n", "Va\xEAn", "Th\xF2", "Le\xE2", "Pha\xEFm", "Hoa\xF8ng", "\xD1\xF6\xF9c", "Ho\xEF", "te\xE2n", "Nga\xF8y", "Mu\xF5i",
	}},
	{"file_windows1258", [...]string{
		"guy\xEA\xDEn", "Tr\xE2\xCCn", "V\xE3n", "Thi\xF2", "L\xEA", "Pha\xF2m", "Ho\xE0ng", "\xD0\xFD\xECc", "Ho\xF2", "t\xEAn", "Ng\xE0y", "Mu\xDEi",
	}},
}

// legacyEncoding guesses which encoding text has that is not UTF-8. Nothing is
// converted: a wrong guess would print wrong names under a signature.
func legacyEncoding(text []byte) string {
	best, most := "file_not_utf8", 0
	for _, encoding := range legacyWords {
		hits := 0
		for _, word := range encoding.words {
			hits += bytes.Count(text, []byte(word))
		}
		if hits > most {
			best, most = encoding.code, hits
		}
	}
	return best
}
