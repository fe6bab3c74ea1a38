package measure

import (
	"irori/internal/app"
	"irori/internal/catalog/known"
)

// released is when a model came out, where the catalog knows.
func released(_ *app.Env, name string) string {
	m, ok := known.All().Find(name)
	if !ok {
		return ""
	}
	return m.Released
}
