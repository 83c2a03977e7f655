// Package minutes draws up the joint confirmation minutes with which a unit attests
// its results while it has no digital certificate (Công văn 8938/BYT-DP, bước 4;
// Công văn 9438/BYT-CNTT, phụ lục): who took part, why, and what they confirm, over
// the same root that a signature would cover. It reads the file that names the
// parties and draws minutes.pdf on Mẫu 1.9 of Nghị định 30/2020/NĐ-CP, to be printed
// and signed by hand.
//
// The signature fields on the pages are empty. They are there for digital signatures
// of the parties, which a later version makes and judges; this one does neither.
//
// Drawing minutes changes no bundle: that they were signed and came back complete
// is for others to record. The package reads no scans and checks no signatures.
package minutes
