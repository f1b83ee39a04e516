package ladder

// keepAround is how many plain steps are shown before and after one that matters.
const keepAround = 2

// Fold joins long exchanges in which all went well into one step each.
func (l *Ladder) Fold() {
	near := make([]bool, len(l.Steps))
	for i := range l.Steps {
		if l.Steps[i].plain {
			continue
		}
		for k := max(0, i-keepAround); k <= min(len(l.Steps)-1, i+keepAround); k++ {
			near[k] = true
		}
	}
	var folded []Step
	for i := 0; i < len(l.Steps); {
		end := i
		for end < len(l.Steps) && !near[end] {
			end++
		}
		switch n := end - i; {
		case n == 0:
			folded = append(folded, l.Steps[i])
			i++
		case n <= keepAround:
			folded = append(folded, l.Steps[i:end]...)
			i = end
		default:
			first, last := l.Steps[i], l.Steps[end-1]
			folded = append(folded, Step{Folded: n, Label: count(n, "segment") + " without anything unusual", SentNS: first.At(), GotNS: last.At()})
			i = end
		}
	}
	l.Steps = folded
}
