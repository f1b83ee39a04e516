package report

import "bothends/correlate/judge"

func (in *Input) trigger(t *judge.Trigger) *Trigger {
	if t == nil {
		return nil
	}
	told := "order"
	if t.ByNumbers {
		told = "numbers"
	}
	return &Trigger{
		Name: t.Said.Name, Protocol: t.Said.Protocol, Text: t.Said.String(), ToldBy: told,
		SentAt: t.SentBy.String(), File: in.path(t.SentBy, t.File), Frame: t.Number, Seq: t.Seq, Length: t.PayloadLen,
		Reached: string(t.Reached), Box: t.Box(),
	}
}
