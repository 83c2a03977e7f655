package store

import (
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kytiem/store/pgtest"
)

// kinds are the types of columns, and what they are called on the other side.
var kinds = map[string]string{"bigint": "INTEGER", "smallint": "INTEGER", "text": "TEXT", "bytea": "BLOB"}

// TestSchemas compares the two migration folders by what they make: tables, columns,
// types, and which columns may be missing; and the indexes by name.
func TestSchemas(t *testing.T) {
	pgtest.Need(t)
	ctx := t.Context()
	lite := open(t, filepath.Join(t.TempDir(), "a.db"), &clock{now: today})
	post := open(t, newDatabase(t), &clock{now: today})

	read := func(s *Store, query string) map[string]string {
		t.Helper()
		found := make(map[string]string)
		var key, value string
		for _, err := range walk(ctx, s.Glance(), func(r rows) (struct{}, error) { return struct{}{}, r.Scan(&key, &value) }, query) {
			if err != nil {
				t.Fatal(err)
			}
			found[key] = value
		}
		return found
	}
	columnsOfLite := read(lite, `SELECT m.name || '.' || c.name, c.type || CASE WHEN c."notnull" = 1 THEN ' NOT NULL' ELSE '' END
		FROM sqlite_schema AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%' AND m.name NOT LIKE 'river_%'`)
	columnsOfPost := read(post, `SELECT table_name || '.' || column_name, data_type || CASE WHEN is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose_%' AND table_name NOT LIKE 'river_%'`)
	for column, kind := range columnsOfPost {
		name, null, _ := strings.Cut(kind, " ")
		columnsOfPost[column] = strings.TrimRight(kinds[name]+" "+null, " ")
	}
	compare(t, columnsOfLite, columnsOfPost)
	if len(columnsOfLite) < 100 {
		t.Errorf("only %d columns were compared", len(columnsOfLite))
	}
	indexes := `%INDEX%`
	compare(t,
		read(lite, `SELECT name, '`+indexes+`' FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name NOT LIKE 'river_%'`),
		read(post, `SELECT indexname, '`+indexes+`' FROM pg_indexes WHERE schemaname = 'public'
			AND indexname NOT IN (SELECT conname FROM pg_constraint) AND tablename NOT LIKE 'goose_%' AND tablename NOT LIKE 'river_%'`))

	// An order that follows a language would differ between the two, and between systems.
	for column := range read(post, `SELECT table_name || '.' || column_name, '' FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT LIKE 'goose_%' AND table_name NOT LIKE 'river_%' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`) {
		t.Errorf("%s does not sort by bytes", column)
	}
	for table := range read(lite, `SELECT name, '' FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%' AND name NOT LIKE 'river_%'`) {
		t.Errorf("%s takes values of any type", table)
	}
}

func compare(t *testing.T, lite, post map[string]string) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(lite)) {
		if post[key] != lite[key] {
			t.Errorf("%s: SQLite %q, PostgreSQL %q", key, lite[key], post[key])
		}
	}
	for key := range post {
		if _, there := lite[key]; !there {
			t.Errorf("%s: only in PostgreSQL", key)
		}
	}
}

// TestMigrationsComeInPairs: one number, one name, forward only.
func TestMigrationsComeInPairs(t *testing.T) {
	names := func(folder string) (found []string) {
		files, err := fs.Glob(migrations, "migrations/"+folder+"/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			found = append(found, filepath.Base(file))
			text, err := fs.ReadFile(migrations, file)
			if err != nil || strings.Contains(string(text), "+goose Down") || !strings.Contains(string(text), "+goose Up") {
				t.Errorf("%s: %v, or not forward only", file, err)
			}
		}
		return found
	}
	if lite, post := names("sqlite"), names("postgres"); !slices.Equal(lite, post) || len(lite) == 0 {
		t.Errorf("SQLite %v, PostgreSQL %v", lite, post)
	}
}
