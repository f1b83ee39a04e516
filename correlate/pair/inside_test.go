package pair

import (
	"testing"

	"bothends/correlate/survey"
)

func TestASYNInTheMidstOfAConnectionIsOfThatOne(t *testing.T) {
	const later = epoch + second/2
	around := opened(natted, service, 1000, 5000)
	lone := unanswered(natted, service, 777777).at(later, later)
	answered := opened(natted, service, 777777, 888888).at(later, later+second/10)
	answered.Flows[initiator].Hi, answered.Flows[responder].Hi = 1, 1
	fromServer := unanswered(service, natted, 777777).at(later, later)
	for name, tt := range map[string]struct {
		alone made
		want  bool
		side  survey.Side // which is the host at the client end
	}{
		"a SYN with another number":              {lone, true, initiator},
		"and its answer":                         {answered, true, initiator},
		"from the other side":                    {fromServer, true, responder},
		"after the last packet of it":            {lone.at(epoch+2*second, epoch+2*second), false, initiator},
		"as its last packet":                     {lone.at(epoch+second, epoch+second), false, initiator},
		"before its first packet":                {lone.at(epoch-second, epoch-second), false, initiator},
		"from another port":                      {unanswered("203.0.113.9:1", service, 777777).at(later, later), false, initiator},
		"a whole connection with the same tuple": {opened(natted, service, 777777, 888888).at(later, later+second/10), false, initiator},
	} {
		pairs, _ := match(surveyOf(opened(client, service, 1000, 5000)), surveyOf(around, tt.alone), true)
		p := &pairs[1]
		if p.Inside != tt.want || tt.want && (p.Of != 0 || p.ServerSide != tt.side) {
			t.Errorf("%s: inside %v of %d, the client end is side %d (%q)", name, p.Inside, p.Of, p.ServerSide, p.Why)
		}
	}
}
