package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"kytiem/attest"
)

// account is somebody, or some program, who calls.
type account struct {
	ID         string    `json:"id"`
	Name       string    `json:"name" doc:"Để người đọc · for people to read" example:"Trạm Y tế mẫu"`
	Role       string    `json:"role" enum:"health,police,head,clerk,monitor,verifier,admin"`
	Unit       string    `json:"unit,omitempty" example:"26221"`
	CreatedAt  time.Time `json:"created_at"`
	DisabledAt time.Time `json:"disabled_at,omitzero"`
}

func accountOf(a attest.Account) account {
	return account{a.ID, a.Name, a.Role, a.Unit, a.CreatedAt.UTC(), a.DisabledAt.UTC()}
}

// AccessToken is what an account shows with each call, without its secret.
type AccessToken struct {
	ID        string    `json:"id"`
	Account   string    `json:"account"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
}

// newToken is a token with its secret, which is told this once.
type newToken struct {
	AccessToken
	Token string `json:"token" doc:"Chỉ hiện một lần · told this once" example:"kytiem_…"`
}

func tokenOf(t attest.Token) AccessToken {
	return AccessToken{t.ID, t.Account, t.CreatedAt.UTC(), t.ExpiresAt.UTC(), t.RevokedAt.UTC()}
}

func (a *api) accountCalls() {
	look(a, operation{id: "me", method: http.MethodGet, path: "/v1/me", tag: tagRegisters, vi: "Mình là ai", en: "Who am I", problems: []string{"not-found"}},
		func(ctx context.Context, c *call, _ *struct{}) (account, error) {
			found, err := a.service.AccountOf(ctx, c.who, c.who.Account)
			return accountOf(found), err
		})

	look(a, operation{id: "list-accounts", method: http.MethodGet, path: "/v1/accounts", tag: tagRegisters,
		vi: "Tài khoản của một đơn vị; không có unit: các tài khoản ngoài đơn vị", en: "A unit's accounts; without unit those above units",
		acts: []attest.Act{attest.ReadAccounts}, problems: []string{"not-found", "cursor"}},
		func(ctx context.Context, c *call, in *struct {
			Listing
			Unit string `query:"unit" maxLength:"32" example:"26221"`
		}) (page[account], error) {
			found, next, err := a.service.Accounts(ctx, c.who, in.Unit, attest.Page{After: in.Cursor, Limit: in.Limit})
			return pageOf(found, next, accountOf), err
		})

	o := operation{id: "add-account", method: http.MethodPost, path: "/v1/accounts", tag: tagRegisters, json: true,
		vi: "Thêm tài khoản", en: "Add an account", acts: []attest.Act{attest.WriteAccounts}, problems: []string{"not-found", "role", "text"}}
	o.returns(http.StatusCreated, reflect.TypeFor[account]())
	change(a, o, func(ctx context.Context, c *call, in *struct {
		Body struct {
			Name string `json:"name" minLength:"1" maxLength:"80" example:"Trạm Y tế xã Phú Hòa" doc:"Tên in trong danh sách mà tài khoản xác nhận; không đổi được · printed in the lists that the account confirms; never changed"`
			Role string `json:"role" enum:"health,police,head,clerk,monitor,verifier,admin"`
			Unit string `json:"unit,omitempty" maxLength:"32" doc:"Mã đơn vị; verifier và admin không có · code; verifier and admin have none" example:"26221"`
		}
	}) (attest.Account, error) {
		return a.service.AddAccount(ctx, c.who, in.Body.Name, attest.Role(in.Body.Role), in.Body.Unit)
	}, func(n attest.Account) reply { return told(http.StatusCreated, accountOf(n)) })

	look(a, operation{id: "get-account", method: http.MethodGet, path: "/v1/accounts/{id}", tag: tagRegisters,
		vi: "Một tài khoản; của mình thì ai cũng đọc được", en: "One account; one's own for anybody",
		acts: []attest.Act{attest.ReadAccounts}, problems: []string{"not-found"}},
		func(ctx context.Context, c *call, in *ByID) (account, error) {
			found, err := a.service.AccountOf(ctx, c.who, in.ID)
			return accountOf(found), err
		})

	o = operation{id: "disable-account", method: http.MethodPost, path: "/v1/accounts/{id}/disable", tag: tagRegisters,
		vi: "Ngừng dùng một tài khoản và mọi mã truy cập của nó", en: "Take an account out of use, with all its tokens",
		acts: []attest.Act{attest.WriteAccounts}, problems: []string{"not-found"}}
	o.returns(http.StatusOK, reflect.TypeFor[account]())
	change(a, o, func(ctx context.Context, c *call, in *ByID) (attest.Account, error) {
		return a.service.DisableAccount(ctx, c.who, in.ID)
	}, func(n attest.Account) reply { return told(http.StatusOK, accountOf(n)) })

	a.tokenCalls()
}

func (a *api) tokenCalls() {
	o := operation{id: "issue-token", method: http.MethodPost, path: "/v1/accounts/{id}/tokens", tag: tagRegisters, json: true, secret: true,
		vi: "Cấp mã truy cập", en: "Issue a token",
		about: "Mã chỉ hiện một lần và không được giữ lại: gọi lặp với cùng Idempotency-Key thì không cấp mã thứ hai, cũng không hiện lại mã. · " +
			"The token is told once and kept nowhere: a repeat under the same Idempotency-Key issues no second one and does not tell it again.",
		acts: []attest.Act{attest.WriteAccounts}, problems: []string{"not-found", "malformed", "key-spent"}}
	o.returns(http.StatusCreated, reflect.TypeFor[newToken]())
	change(a, o, func(ctx context.Context, c *call, in *struct {
		ByID
		Body struct {
			Days int `json:"days,omitempty" minimum:"0" maximum:"3650" doc:"Hiệu lực, ngày; mặc định 90 · life in days; 90 by default"`
		}
	}) (attest.Issued, error) {
		return a.service.IssueToken(ctx, c.who, in.ID, time.Duration(in.Body.Days)*24*time.Hour)
	}, func(i attest.Issued) reply { return told(http.StatusCreated, newToken{tokenOf(i.Token), i.Secret}) })

	look(a, operation{id: "list-tokens", method: http.MethodGet, path: "/v1/accounts/{id}/tokens", tag: tagRegisters,
		vi: "Mã truy cập của một tài khoản, không có phần bí mật", en: "An account's tokens, without their secrets",
		acts: []attest.Act{attest.ReadAccounts}, problems: []string{"not-found", "cursor"}},
		func(ctx context.Context, c *call, in *struct {
			ByID
			Listing
		}) (page[AccessToken], error) {
			found, next, err := a.service.Tokens(ctx, c.who, in.ID, attest.Page{After: in.Cursor, Limit: in.Limit})
			return pageOf(found, next, tokenOf), err
		})

	change(a, operation{id: "revoke-token", method: http.MethodDelete, path: "/v1/tokens/{id}", tag: tagRegisters,
		vi: "Thu hồi một mã truy cập ngay lập tức", en: "Revoke a token at once",
		acts: []attest.Act{attest.WriteAccounts}, problems: []string{"not-found"}},
		func(ctx context.Context, c *call, in *ByID) (struct{}, error) {
			return struct{}{}, a.service.RevokeToken(ctx, c.who, in.ID)
		}, done)
}
