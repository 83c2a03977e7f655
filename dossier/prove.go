package dossier

import "kytiem/bundle"

// Prove takes the proof about one record out of a bundle directory, disclosing the
// named fields (nil: all). Where the manifest is signed, its signature goes along.
func Prove(dir, id string, disclose []string) ([]byte, error) {
	d, err := open(dir, false)
	if err != nil {
		return nil, err
	}
	defer d.close()
	index, record, err := d.roll.Find(id)
	if err != nil {
		return nil, err
	}
	var p7s []byte
	if d.has(bundle.SignatureFile) {
		if p7s, err = readFile(d.path, bundle.SignatureFile, bundle.MaxManifestBytes); err != nil {
			return nil, err
		}
	}
	proof, err := bundle.Prove(d.roll.Leaves(), index, &record, disclose, d.manifestJSON, p7s)
	if err != nil {
		return nil, err
	}
	return proof.Append(nil), nil
}
