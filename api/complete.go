package api

import (
	"context"
	"net/http"
	"reflect"

	"kytiem/attest"
)

// completion is a request after signatures came in, and what became of each.
type completion struct {
	SigningRequest
	Outcomes []itemOutcome `json:"outcomes"`
}

// itemOutcome says what became of one signature: what is good is kept even when another is
// not.
type itemOutcome struct {
	ID    string `json:"id"`
	Taken bool   `json:"taken"`
	Code  string `json:"code,omitempty" doc:"Vì sao không nhận, như code của một problem · why not, as the code of a problem" example:"signature"`
	VI    string `json:"vi,omitempty"`
	EN    string `json:"en,omitempty"`
}

// itemSignature is a signature that comes back.
type itemSignature struct {
	ID        string `json:"id" maxLength:"64"`
	Signature []byte `json:"signature" minLength:"1" maxLength:"8192" doc:"base64"`
}

func completionOf(c attest.Completion) completion {
	out := completion{SigningRequest: requestOf(c.Request), Outcomes: []itemOutcome{}}
	for _, o := range c.Outcomes {
		one := itemOutcome{ID: o.Item, Taken: o.Err == nil}
		if o.Err != nil {
			k := kindOf(o.Err)
			one.Code, one.VI, one.EN = k.code, k.vi, k.en
		}
		out.Outcomes = append(out.Outcomes, one)
	}
	return out
}

func (a *api) completionCall() {
	o := operation{id: "complete-signatures", method: http.MethodPost, path: "/v1/signing-requests/{id}/signatures", tag: tagSigning, json: true,
		vi: "Gửi các chữ ký, từng mục một", en: "Send the signatures, item by item",
		about: "Chữ ký đúng được giữ dù chữ ký khác sai; xem outcomes. Gửi lại chữ ký đã nhận không phải là lỗi. ECDSA theo DER. · " +
			"What is good is kept even when another is not; see outcomes. Sending again what was taken is no error. ECDSA as DER.",
		acts: signingActs(), problems: []string{"not-found", "request-closed", "unbound", "too-many", "state", "key-away"}}
	o.returns(http.StatusOK, reflect.TypeFor[completion]())
	change(a, o, func(ctx context.Context, c *call, in *struct {
		ByRequest
		Body struct {
			Items []itemSignature `json:"items" minItems:"1" maxItems:"200" nullable:"false"`
		}
	}) (attest.Completion, error) {
		signatures := make([]attest.ItemSignature, len(in.Body.Items))
		for n, i := range in.Body.Items {
			signatures[n] = attest.ItemSignature{Item: i.ID, Signature: i.Signature}
		}
		done, err := through(ctx, a.signing, func(ctx context.Context) (attest.Completion, error) {
			r, outcomes, err := a.service.Complete(ctx, c.who, in.ID, signatures)
			return attest.Completion{Request: r, Outcomes: outcomes}, err
		})
		if err != nil {
			return attest.Completion{}, err
		}
		for _, o := range done.Outcomes {
			if o.Err == nil {
				a.metrics.signed.Inc()
			}
		}
		return done, nil
	}, func(c attest.Completion) reply { return told(http.StatusOK, completionOf(c)) })
}
