package paper_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"kytiem/bundle"
)

// sampleNames hold every tone on every vowel that carries one in names, long ones
// and foreign ones.
var sampleNames = []string{
	"Nguyễn Thị Mỹ Duyên", "Trần Văn Khánh", "Lê Hoàng Phương Uyên", "Phạm Đức Ý", "Huỳnh Ngọc Ẩn",
	"Võ Thị Thùy Dương", "Đặng Quốc Huy", "Bùi Thị Bưởi", "Đỗ Hữu Nghĩa", "Hồ Thị Kỷ",
	"Tôn Nữ Hoàng Thị Quỳnh Như", "Ngô Bảo Châu", "Dương Thị Lụa", "Lý Thường Kiệt", "Nguyễn Phúc Vĩnh Thụy",
	"Y Moan Êñuôl", "H'Hen Niê", "Mai Thị Hà", "Trịnh Xuân Thưởng", "Phan Đình Phùng",
}

// makeRecords seals n made-up results, always the same ones: ids and salts are
// derived from their numbers, so that tests can compare bytes.
func makeRecords(t testing.TB, n int, change func(i int, r *bundle.Result)) []bundle.Record {
	t.Helper()
	records := make([]bundle.Record, n)
	for i := range records {
		r := bundle.Result{
			Unit: "26299", FullName: sampleNames[i%len(sampleNames)], Gender: bundle.Female,
			BirthDate: bundle.Date{Year: 1940 + i%60, Month: 1 + i%12, Day: 1 + i%28},
			IDType:    bundle.CCCD, IDNumber: fmt.Sprintf("0751%08d", i), DoseNumber: 1 + i%3,
			VaccinatedOn: bundle.Date{Year: 2021, Month: 10, Day: 1 + i%31}, Vaccine: "AstraZeneca", LotNumber: fmt.Sprintf("FF%04d", i%10000),
			Site: "Trạm Y tế xã Phú Hòa", Match: bundle.Matched,
			HealthConfirmedBy: "Nguyễn Thị Lan", PoliceConfirmedBy: "Trần Văn Hùng",
		}
		switch {
		case i%4 == 3:
			r.Match, r.MatchReason = bundle.Cleansed, "chưa chính xác"
		case i%50 == 7:
			r.FullName, r.Match = "Kim Min-jun", bundle.Unmatched
			r.IDType, r.IDNumber, r.Nationality = bundle.Passport, fmt.Sprintf("M%07d", i), "KR"
		case i%9 == 4:
			r.BirthDate = bundle.Date{Year: 1938}
		case i%2 == 0:
			r.Gender = bundle.Male
		}
		if change != nil {
			change(i, &r)
		}
		record, err := bundle.NewRecord(r)
		if err != nil {
			t.Fatal(err)
		}
		seed := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
		copy(record.Salt[:], seed[:])
		id := make([]byte, 26)
		for j := range id {
			id[j] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[seed[j]&31]
		}
		record.ID = string(id)
		records[i] = record
	}
	return records
}

// makeRoll puts records into the order of their leaves and reads them as a roll.
func makeRoll(t testing.TB, records []bundle.Record) *bundle.Roll {
	t.Helper()
	type leaf struct {
		hash bundle.Hash
		line []byte
	}
	leaves := make([]leaf, len(records))
	for i := range records {
		leaves[i] = leaf{records[i].Leaf(), append(records[i].Append(nil), '\n')}
	}
	slices.SortFunc(leaves, func(a, b leaf) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	var all []byte
	for _, l := range leaves {
		all = append(all, l.line...)
	}
	roll, err := bundle.ReadRoll(bytes.NewReader(all), int64(len(all)))
	if err != nil {
		t.Fatal(err)
	}
	return roll
}

// makeManifest is the manifest of a roll.
func makeManifest(t testing.TB, roll *bundle.Roll) *bundle.Manifest {
	t.Helper()
	root, err := bundle.Root(roll.Leaves())
	if err != nil {
		t.Fatal(err)
	}
	basis := []bundle.LegalBasis{
		{Number: "8938/BYT-DP", Issuer: "Bộ Y tế", Date: bundle.Date{Year: 2021, Month: 10, Day: 21}, Subject: "Hướng dẫn quy trình xác minh thông tin và tiêm chủng vắc xin COVID-19"},
		{Number: "9438/BYT-CNTT", Issuer: "Bộ Y tế", Date: bundle.Date{Year: 2021, Month: 11, Day: 5}, Subject: "Hướng dẫn Quy trình xác thực thông tin người dân trên Nền tảng Quản lý tiêm chủng COVID-19"},
	}
	return &bundle.Manifest{
		Bundle: "K7QXW2LMZP4TB6VYHC3NDRSAEF", ConfirmationSource: bundle.ConfirmedInFile, Counts: roll.Counts(), LegalBasis: basis,
		Period: roll.Period(), Root: bundle.HexHash(root), SealedAt: "2021-11-08T02:30:00Z", Size: roll.Len(), V: bundle.RecordVersion,
		Unit: bundle.UnitName{Code: "26299", Identifier: "MST:3600000001", Kind: "xa", Level: bundle.Commune, Name: "Xã Phú Hòa"},
	}
}

// makeDocument is a document for it.
func makeDocument() *bundle.Document {
	return &bundle.Document{
		Agency: []string{"ỦY BAN NHÂN DÂN", "XÃ PHÚ HÒA"}, Parent: "ỦY BAN NHÂN DÂN HUYỆN ĐỊNH QUÁN", Capacity: bundle.TM,
		Date: bundle.Date{Year: 2021, Month: 11, Day: 9}, Number: "5", Notation: "BC-UBND", Place: "Phú Hòa",
		Recipients: []string{"Ủy ban nhân dân huyện Định Quán", "Trung tâm Kiểm soát bệnh tật tỉnh Đồng Nai", "Trạm Y tế xã Phú Hòa", "Công an xã Phú Hòa", "Lưu: VT, TYT"},
		Signatory:  bundle.Signatory{Name: "Nguyễn Văn Thành", Position: "Chủ tịch"}, V: bundle.DocumentVersion,
	}
}

// canonical writes v as the files of a bundle directory hold it.
func canonical(t testing.TB, v any) []byte {
	t.Helper()
	data, err := bundle.Canonical(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
