package pades

// colour is how light a colour is, 0 black and 1 white, and of how many components.
type colour struct {
	light      float64
	components int
}

// in chooses a space, which begins with black (8.6.5.6 lets resources name another for it,
// which textOf looks for).
func (c *colour) in(space string) bool {
	components, known := map[string]int{"DeviceGray": 1, "DeviceRGB": 3, "DeviceCMYK": 4}[space]
	*c = colour{0, components}
	return known
}

// set takes a colour of DeviceGray, DeviceRGB or DeviceCMYK, by how light it is.
func (c *colour) set(n []float64, components int) bool {
	if len(n) != components {
		return false
	}
	v := make([]float64, len(n))
	for i := range n {
		v[i] = min(max(n[i], 0), 1)
	}
	light := func(v []float64) float64 { return 0.3*v[0] + 0.59*v[1] + 0.11*v[2] }
	*c = colour{components: components}
	switch components {
	case 1:
		c.light = v[0]
	case 3:
		c.light = light(v)
	case 4:
		c.light = (1 - v[3]) * (1 - light(v))
	default:
		return false
	}
	return true
}
