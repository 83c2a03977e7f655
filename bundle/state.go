package bundle

import "fmt"

// State is where a bundle stands between being gathered and being attested,
// replaced or recalled.
type State string

// The states. Minuted means that the signed paper is back and complete; drawing
// the minutes changes nothing.
const (
	Open       State = "open"
	Sealed     State = "sealed"
	Pending    State = "pending"
	Signed     State = "signed"
	Minuted    State = "minuted"
	Withdrawn  State = "withdrawn"
	Superseded State = "superseded"
	Recalled   State = "recalled"
)

// States lists every state.
func States() []State {
	return []State{Open, Sealed, Pending, Signed, Minuted, Withdrawn, Superseded, Recalled}
}

// Act is what moves a bundle from one state to another.
type Act string

// The acts. Lapse is a signing request that expired or was refused.
const (
	Seal      Act = "seal"
	Withdraw  Act = "withdraw"
	Request   Act = "request"
	Lapse     Act = "lapse"
	Sign      Act = "sign"
	Confirm   Act = "confirm" // the minutes, by their complete scan
	Supersede Act = "supersede"
	Recall    Act = "recall"
)

// Acts lists every act.
func Acts() []Act {
	return []Act{Seal, Withdraw, Request, Lapse, Sign, Confirm, Supersede, Recall}
}

// Status is a bundle's state and, while a request is pending, the state it will
// fall back to.
type Status struct {
	State  State
	Before State // set while State is Pending: Sealed or Minuted
}

// moves is the one table of legal moves. Pending falls back by Lapse to where it
// came from, which no fixed entry can say.
var moves = map[State]map[Act]State{
	Open:    {Seal: Sealed, Withdraw: Withdrawn},
	Sealed:  {Request: Pending, Confirm: Minuted, Withdraw: Withdrawn},
	Pending: {Sign: Signed},
	Minuted: {Request: Pending, Supersede: Superseded, Recall: Recalled},
	Signed:  {Supersede: Superseded, Recall: Recalled},
}

// Apply returns the status after act, or ErrMove when the table has no such move.
func (s Status) Apply(act Act) (Status, error) {
	if s.State == Pending && act == Lapse && s.Before != "" {
		return Status{State: s.Before}, nil
	}
	to, legal := moves[s.State][act]
	if !legal {
		return s, fmt.Errorf("%s of a bundle that is %s: %w", act, s.State, ErrMove)
	}
	next := Status{State: to}
	if to == Pending {
		next.Before = s.State
	}
	return next, nil
}
