package pades

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
)

// Decode is the data of a stream after its filters (7.4). FlateDecode and its
// PNG predictors are known, as cross-reference streams, object streams and
// attached files use them; other filters are an error.
func (f *File) Decode(rev int, stream Value) ([]byte, error) { return f.decode(rev, stream) }

func (f *File) decode(rev int, stream Value) ([]byte, error) {
	if stream.Kind != Stream {
		return nil, broken(ruleStructure, stream.Start, "no stream where one is expected")
	}
	if stream.Key("F").Kind != Null {
		return nil, broken(ruleStructure, stream.Start, "a stream whose data lie in another file")
	}
	if stream.number != 0 {
		return nil, broken(ruleStructure, stream.Start, "a stream that is encrypted otherwise than the document says")
	}
	undone := 0 // filters
	if f.cipher != nil {
		own, _, err := f.cryptFilter(rev, stream)
		if err != nil {
			return nil, err
		}
		if own {
			undone = 1
		}
	}
	filter, err := f.sole(rev, stream, "Filter", undone)
	if err != nil {
		return nil, err
	}
	parms, err := f.sole(rev, stream, "DecodeParms", undone)
	if err != nil {
		return nil, err
	}
	switch filter.Name() {
	case "FlateDecode":
		data, err := f.inflate(stream)
		if err != nil {
			return nil, err
		}
		return unpredict(stream, parms, data)
	case "":
		if filter.Kind == Null {
			return stream.octets, nil
		}
	}
	return nil, broken(ruleStructure, stream.Start, "a stream with a filter that is not read here")
}

// sole resolves an entry that is one value or an array of at most one, behind those that
// are done with.
func (f *File) sole(rev int, dict Value, key string, done int) (Value, error) {
	v, err := f.key(rev, dict, key)
	if err != nil {
		return Value{}, err
	}
	if v.Kind != Array {
		if done > 0 {
			return Value{}, nil
		}
		return v, nil
	}
	switch items := v.items[min(done, len(v.items)):]; len(items) {
	case 0:
		return Value{}, nil
	case 1:
		return f.Resolve(rev, items[0])
	}
	return Value{}, broken(ruleStructure, dict.Start, "a stream with several filters")
}

// inflate decompresses within what is left to the file. Deflate can make 1032
// bytes of one; the bound of 1000 leaves nothing to a bomb but the budget.
func (f *File) inflate(stream Value) ([]byte, error) {
	limit := min(f.limits.Inflated-f.inflated, 1000*int64(len(stream.octets)))
	r, err := zlib.NewReader(bytes.NewReader(stream.octets))
	if err != nil {
		return nil, broken(ruleStructure, stream.Start, "a stream that is not compressed as it says")
	}
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(r, limit+1))
	f.inflated += n
	if n > limit {
		return nil, broken(ruleLimit, stream.Start, "streams that decompress to more than is read")
	}
	if err != nil {
		return nil, broken(ruleStructure, stream.Start, "a stream whose compressed data are damaged")
	}
	return out.Bytes(), nil
}

// unpredict undoes the PNG predictors (7.4.4.4; PNG, clause 9), in place.
func unpredict(stream, parms Value, data []byte) ([]byte, error) {
	predictor, columns, err := predictorOf(stream, parms)
	if err != nil {
		return nil, err
	}
	if predictor == 1 {
		return data, nil
	}
	row := columns + 1
	if len(data)%row != 0 {
		return nil, broken(ruleStructure, stream.Start, "a predicted stream of broken rows")
	}
	out := data[:0]
	above := make([]byte, columns)
	for ; len(data) > 0; data = data[row:] {
		kind, line := data[0], data[1:row]
		for i := range line {
			var left, corner byte
			if i > 0 {
				left, corner = line[i-1], above[i-1]
			}
			switch kind {
			case 0:
			case 1:
				line[i] += left
			case 2:
				line[i] += above[i]
			case 3:
				line[i] += byte((int(left) + int(above[i])) / 2)
			case 4:
				line[i] += paeth(left, above[i], corner)
			default:
				return nil, broken(ruleStructure, stream.Start, "a predicted stream with an unknown row type")
			}
		}
		out = append(out, line...)
		above = out[len(out)-columns:]
	}
	return out, nil
}

// predictorOf is the predictor and the bytes of a row. Where the number of
// colours or bits is given it must leave pixels of one byte, as these streams
// have them.
func predictorOf(stream, parms Value) (predictor, columns int, err error) {
	parameter := func(key string, value int64) int64 {
		if n, ok := parms.Key(key).Int(); ok {
			return n
		}
		return value
	}
	p, c := parameter("Predictor", 1), parameter("Columns", 1)
	switch {
	case p == 1:
		return 1, 0, nil
	case p < 10 || p > 15, c < 1 || c > 1<<16, parameter("Colors", 1) != 1, parameter("BitsPerComponent", 8) != 8:
		return 0, 0, broken(ruleStructure, stream.Start, "a stream with a predictor that is not read here")
	}
	return int(p), int(c), nil
}

func paeth(left, above, corner byte) byte {
	distance := func(x int) int { return max(x, -x) }
	p := int(left) + int(above) - int(corner)
	l, a, c := distance(p-int(left)), distance(p-int(above)), distance(p-int(corner))
	switch {
	case l <= a && l <= c:
		return left
	case a <= c:
		return above
	}
	return corner
}

// catalog is the document catalog of revision rev (7.7.2).
func (f *File) catalog(rev int) (indirect, error) {
	if f.root.known && f.root.rev == rev {
		return f.root.catalog, nil
	}
	root := f.Trailer(rev).Key("Root")
	if root.Kind != Reference {
		return indirect{}, broken(ruleStructure, root.Start, "a trailer whose /Root is not a reference")
	}
	obj, err := f.resolve(rev, root)
	if err != nil {
		return indirect{}, fmt.Errorf("reading the catalog: %w", err)
	}
	if obj.value.Kind != Dictionary {
		return indirect{}, broken(ruleStructure, root.Start, "no document catalog")
	}
	f.root = lastRoot{rev: rev, catalog: obj, known: true}
	return obj, nil
}

// Catalog is the document catalog of revision rev (7.7.2).
func (f *File) Catalog(rev int) (Value, error) {
	obj, err := f.catalog(rev)
	return obj.value, err
}
