package api

import (
	"strconv"
	"strings"
)

// maxLanguageBytes bounds the header that is looked at; a browser's has some fifty.
const maxLanguageBytes = 256

// english reports whether the caller would rather read English than Vietnamese (RFC 9110,
// 12.5.4). Who does not say gets Vietnamese.
func (c *call) english() bool {
	said := strings.Join(c.gin.Request.Header.Values("Accept-Language"), ",")
	if said == "" || len(said) > maxLanguageBytes {
		return false
	}
	var vi, en float64
	for part := range strings.SplitSeq(said, ",") {
		tag, weight, weighed := strings.Cut(part, ";")
		q := 1.0
		if weighed {
			_, value, _ := strings.Cut(weight, "=")
			q, _ = strconv.ParseFloat(strings.TrimSpace(value), 64) // 0 for what is none
		}
		switch main, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-"); main {
		case "vi":
			vi = max(vi, q)
		case "en":
			en = max(en, q)
		}
	}
	return en > vi
}
