package web_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"kytiem/api"
)

// window is a browser's window on the pages.
type window struct {
	context.Context
	t     *testing.T
	files string // what the reader has
	saved string // what was downloaded
}

// viewport is what somebody looks through.
type viewport struct {
	name          string
	width, height int64
	phone         bool
	script        bool
	dark          bool
}

// newWindow starts a browser, or skips where there is none.
func newWindow(t *testing.T, v viewport) *window {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	found, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(found), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closed := chromedp.NewContext(allocator)
	t.Cleanup(closed)
	ctx, over := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(over)
	w := &window{ctx, t, t.TempDir(), t.TempDir()}
	var emulated []chromedp.EmulateViewportOption
	if v.phone {
		emulated = append(emulated, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	scheme := "light"
	if v.dark {
		scheme = "dark"
	}
	w.do(chromedp.EmulateViewport(v.width, v.height, emulated...))
	tell(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	tell(w, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !v.script})
	tell(w, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: w.saved})
	return w
}

// tell gives the browser a command of its protocol.
func tell[P, R any](w *window, command cdp.Command[P, R], parameters P) R {
	w.t.Helper()
	outcome, err := chromedp.Call(w, command, parameters)
	if err != nil {
		w.t.Fatal(err)
	}
	return outcome
}

// do has the reader do this.
func (w *window) do(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w, actions...); err != nil {
		w.t.Fatal(err)
	}
}

// file puts a file where the reader's are.
func (w *window) file(name string, content []byte) string {
	w.t.Helper()
	at := filepath.Join(w.files, name)
	if err := os.WriteFile(at, content, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return at
}

// text is what is to be read in the first element of a selector.
func (w *window) text(selector chromedp.CSS) string {
	w.t.Helper()
	text, err := chromedp.Run(w, chromedp.Text(selector))
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

// picture keeps what the window shows, for whoever wants to see it.
func (w *window) picture(name string) {
	w.t.Helper()
	dir := os.Getenv("KYTIEM_PICTURES")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(w, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// fits asks whether the page is as wide as the window: nobody wants to push it to and fro.
func (w *window) fits() {
	w.t.Helper()
	m := tell(w, page.GetLayoutMetrics, cdp.Empty{})
	if window, content := float64(m.CSSLayoutViewport.ClientWidth), m.CSSContentSize.Width; content > window {
		w.t.Errorf("page is %g wide in a window of %g", content, window)
	}
}

// downloaded waits for a file to be there whole.
func (w *window) downloaded() (name string, content []byte) {
	w.t.Helper()
	for late := time.Now().Add(20 * time.Second); time.Now().Before(late); time.Sleep(20 * time.Millisecond) {
		entries, err := os.ReadDir(w.saved)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(entries) == 1 && !strings.HasSuffix(entries[0].Name(), ".crdownload") {
			content, err := os.ReadFile(filepath.Join(w.saved, entries[0].Name()))
			if err != nil {
				w.t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(w.saved, entries[0].Name())); err != nil {
				w.t.Fatal(err)
			}
			return entries[0].Name(), content
		}
	}
	w.t.Fatal("nothing was downloaded")
	return "", nil
}

// TestBrowser goes through the page as people do, at a desk and on a phone, with and
// without script.
func TestBrowser(t *testing.T) {
	d := newDesk(t, nil)
	for _, v := range []viewport{
		{"desk", 1280, 900, false, true, false},
		{"phone", 390, 844, true, true, false},
		{"phone without script", 390, 844, true, false, false},
		{"desk without script, dark", 1280, 900, false, false, true},
	} {
		t.Run(v.name, func(t *testing.T) {
			w := newWindow(t, v)
			picture := func(what string) { w.picture(strings.NewReplacer(" ", "-", ",", "").Replace(v.name) + "-" + what) }
			const send = chromedp.CSS("#documents button")
			w.do(chromedp.Navigate(d.url+"/verify"), chromedp.WaitVisible(chromedp.CSS("#documents")))
			picture("empty")
			w.fits()
			w.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{
				w.file("quyết định.pdf", d.signed), w.file("bị sửa.pdf", d.tampered), w.file("thêm trang.pdf", d.modified), w.file("ảnh chụp.pdf", []byte("\xff\xd8\xff")),
			}), chromedp.Click(send), chromedp.WaitVisible(answer(4, "")))
			if v.script {
				w.do(chromedp.WaitEnabled(send))
				if said := w.text("#progress"); said != "Đã kiểm tra xong." {
					t.Errorf("progress says %q", said)
				}
			}
			for n, want := range []string{"Hợp lệ", "Không hợp lệ", "Không hợp lệ", "Chưa kiểm tra được"} {
				if got := w.text(answer(n+1, ".word")); !strings.HasPrefix(got, want) {
					t.Errorf("answer %d says %q, want %q", n+1, got, want)
				}
			}
			if got := w.text(answer(3, ".changed")); !strings.Contains(got, "trang 2") {
				t.Errorf("of the document with another page it says %q", got)
			}
			picture("answers")
			w.fits()

			// The version that was signed, byte for byte.
			if !v.script {
				w.do(chromedp.SetUploadFiles(answer(3, ".version input"), []string{filepath.Join(w.files, "thêm trang.pdf")}))
			}
			w.do(chromedp.Click(answer(3, ".version button")))
			name, content := w.downloaded()
			if !bytes.Equal(content, d.signed) || !strings.HasSuffix(name, ".pdf") {
				t.Errorf("downloaded %s of %d bytes, want the %d that were signed", name, len(content), len(d.signed))
			}
		})
	}
}

// answer selects something in one of the answers.
func answer(n int, within string) chromedp.CSS {
	return chromedp.CSS(fmt.Sprintf("#answers article:nth-of-type(%d) %s", n, within))
}

// TestDrop lets files fall onto the page, a signature beside what it signs, and gets a
// signed version where browsers compute no digests.
func TestDrop(t *testing.T) {
	d := newDesk(t, func(o *api.Options) { o.MaxDocument = 256 << 10 })
	w := newWindow(t, viewport{"desk", 1280, 900, false, true, false})
	w.do(chromedp.Navigate(d.url+"/en/verify"), chromedp.WaitVisible(chromedp.CSS("#documents")))
	files := []string{
		w.file("manifest.json", d.manifest), w.file("manifest.p7s", d.p7s), w.file("proof.json", d.proof), w.file("modified.pdf", d.modified),
		w.file("large.pdf", bytes.Repeat([]byte("%PDF-1.7 "), 100_000)),
	}
	box, err := chromedp.Run(w, chromedp.Dimensions(chromedp.CSS("#documents")))
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
		tell(w, input.DispatchDragEvent, input.DispatchDragEventParams{Type: what, X: box.Content[0] + 20, Y: box.Content[1] + 20,
			Data: &input.DragData{Files: files, DragOperationsMask: 1}})
	}
	w.do(chromedp.WaitVisible(answer(4, "")), chromedp.WaitEnabled(chromedp.CSS("#documents button")))
	for n, want := range []string{"manifest.p7s", "proof.json", "modified.pdf", "large.pdf"} {
		if got := w.text(answer(n+1, "h3")); got != want {
			t.Errorf("answer %d is on %s, want %s", n+1, got, want)
		}
	}
	for n, want := range []string{"Valid", "Valid", "Not valid", "Could not be verified"} {
		if got := w.text(answer(n+1, ".word")); !strings.HasPrefix(got, want) {
			t.Errorf("answer %d says %q, want %q", n+1, got, want)
		}
	}
	for script, want := range map[string]string{
		`document.activeElement.id`: "answers", // where whoever listens or goes by keys reads on
		`[...document.querySelectorAll("[id]")].map(e => e.id).filter((id, n, all) => all.indexOf(id) !== n).join()`:                                     "",
		`[...document.querySelectorAll("[aria-labelledby]")].filter(e => !document.getElementById(e.getAttribute("aria-labelledby"))).length.toString()`: "0",
	} {
		got, err := chromedp.Run(w, chromedp.Evaluate[string](script))
		if err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", script, got, err, want)
		}
	}
	for _, secure := range []string{"true", "Object.defineProperty(crypto, 'subtle', {value: undefined}) && true"} {
		if _, err := chromedp.Run(w, chromedp.Evaluate[bool](secure)); err != nil {
			t.Fatal(err)
		}
		w.do(chromedp.Click(answer(3, ".version button")))
		if name, content := w.downloaded(); !bytes.Equal(content, d.signed) {
			t.Errorf("downloaded %s of %d bytes, want the %d that were signed", name, len(content), len(d.signed))
		}
	}
}
