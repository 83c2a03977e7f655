package certs

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
)

// Domain is a world of certificates with a root, a law and a supervisor of its own. What is trusted in one says nothing
// in the other. The zero value is an anchor of which nobody said where it belongs.
type Domain string

// The domains of Vietnam (Luật Giao dịch điện tử 20/2023/QH15, Điều 22.1).
const (
	Public   Domain = "public"   // chữ ký số công cộng: licensed authorities under the national root (Nghị định 23/2025/NĐ-CP)
	Official Domain = "official" // chữ ký số chuyên dùng công vụ: Ban Cơ yếu Chính phủ (Nghị định 68/2024/NĐ-CP)
)

// Domains lists the domains that can be stated.
func Domains() []Domain { return []Domain{Public, Official} }

// ErrDomain is a word that names no domain.
var ErrDomain = errors.New("neither public nor official")

// UnmarshalText reads the name of a domain; nothing is no domain.
func (d *Domain) UnmarshalText(text []byte) error {
	if read := Domain(text); slices.Contains(Domains(), read) {
		*d = read
		return nil
	}
	return fmt.Errorf("trust domain: %w", ErrDomain)
}

// Accepted says whether a domain is among those that are accepted. Without any, all are, also what no domain was stated
// for; with some, an anchor whose domain nobody stated is accepted by none of them.
func (d Domain) Accepted(accepted []Domain) bool {
	return len(accepted) == 0 || slices.Contains(accepted, d)
}

// Domain is where an anchor belongs, as far as that was stated.
func (a Anchors) Domain(anchor *x509.Certificate) Domain {
	if len(a.Domains) == 0 {
		return ""
	}
	return a.Domains[sha256.Sum256(anchor.Raw)]
}

// state notes where an anchor belongs. To say two different things is a mistake worth stopping for.
func (a *Anchors) state(cert *x509.Certificate, d Domain) error {
	if d == "" {
		return nil
	}
	key := sha256.Sum256(cert.Raw)
	if was, stated := a.Domains[key]; stated && was != d {
		return fmt.Errorf("certificate %s in two trust domains", Serial(cert))
	}
	if a.Domains == nil {
		a.Domains = make(map[[sha256.Size]byte]Domain)
	}
	a.Domains[key] = d
	return nil
}

// borders tells by name and key where certificates belong that are anchors themselves, in whatever encoding: nil where
// there are no two domains to tell apart.
func (a Anchors) borders() map[identity]Domain {
	first, several := Domain(""), false
	for _, d := range a.Domains {
		several = several || first != "" && d != first
		first = d
	}
	if !several {
		return nil
	}
	known := make(map[identity]Domain)
	for _, list := range [][]*x509.Certificate{a.CA, a.Remote, a.TSA} {
		for _, anchor := range list {
			if d := a.Domain(anchor); d != "" {
				known[identityOf(anchor)] = d
			}
		}
	}
	return known
}

// identity is an authority, whichever certificate says so.
type identity struct{ name, key string }

func identityOf(c *x509.Certificate) identity {
	return identity{string(c.RawSubject), string(c.RawSubjectPublicKeyInfo)}
}

// crosses finds on the way to anchor an authority that is an anchor of another domain: a cross-certificate carries nobody
// over, since the two domains answer to different laws. It gives the place of that authority, or -1.
func (s *search) crosses(path Path, anchor *x509.Certificate) int {
	to := s.borders[identityOf(anchor)]
	if to == "" {
		return -1
	}
	return slices.IndexFunc(path, func(c *x509.Certificate) bool {
		through := s.borders[identityOf(c)]
		return through != "" && through != to
	})
}
