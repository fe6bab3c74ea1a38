package catalog

import (
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"irori/internal/gguf"
	"irori/internal/llm"
	"irori/internal/unit"
)

// offered is a file that a place has.
type offered struct {
	path   string
	size   int64  // -1 where not known
	sha256 string // "" where not known
	url    string
}

// variant is a model that a place offers: one file, or several that belong
// together.
type variant struct {
	quant string // "" where the name does not tell
	stem  string
	files []offered
}

func (v variant) size() int64 {
	var n int64
	for _, f := range v.files {
		if f.size < 0 {
			return -1
		}
		n += f.size
	}
	return n
}

// preference is the order in which quantizations are taken when none is named:
// four bits that lose little first, then more bits, then fewer.
var preference = []string{
	"Q4_K_M", "MXFP4", "MXFP4_MOE", "UD-Q4_K_XL", "Q4_K_S", "Q5_K_M", "Q4_0", "Q4_1", "IQ4_XS", "IQ4_NL",
	"Q5_K_S", "Q6_K", "Q8_0", "Q5_0", "Q5_1", "Q3_K_M", "Q3_K_L", "BF16", "F16", "F32",
}

var reSplit = regexp.MustCompile(`(?i)^(.*)-(\d{5})-of-(\d{5})\.gguf$`)

// reQuantName finds a quantization in a file name: the longest names first, so
// that Q4_K_M is not taken for Q4_K. It is large, and made when it is needed.
var reQuantName = sync.OnceValue(func() *regexp.Regexp {
	names := append(gguf.QuantizationNames(), "MXFP4", "UD-Q4_K_XL", "FP16", "FP32", "Q4_K_L", "Q3_K_XL", "Q5_K_L", "Q6_K_L", "Q2_K_L", "Q2_K_XL", "Q4_K_XL", "Q5_K_XL", "Q6_K_XL", "Q8_K_XL")
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	for i, n := range names {
		names[i] = regexp.QuoteMeta(n)
	}
	return regexp.MustCompile(`(?i)(?:^|[-._/])((?:UD-)?(?:` + strings.Join(names, "|") + `))(?:$|[-._/])`)
})

func quantOf(stem string) string {
	found := reQuantName().FindAllStringSubmatch(stem, -1)
	if len(found) == 0 {
		return ""
	}
	q := strings.ToUpper(found[len(found)-1][1])
	switch q {
	case "FP16":
		return "F16"
	case "FP32":
		return "F32"
	}
	return q
}

// variants groups the GGUF files of a place and leaves out what is no model.
func variants(files []offered) ([]variant, error) {
	groups := map[string]*variant{}
	totals := map[string]int{}
	var order []string
	for _, f := range files {
		base := strings.ToLower(path.Base(f.path))
		if !strings.HasSuffix(base, ".gguf") || strings.Contains(base, "mmproj") || strings.Contains(base, "imatrix") {
			continue
		}
		stem := f.path[:len(f.path)-len(".gguf")]
		if m := reSplit.FindStringSubmatch(f.path); m != nil {
			stem = m[1]
			totals[stem], _ = strconv.Atoi(m[3])
		}
		if groups[stem] == nil {
			groups[stem] = &variant{quant: quantOf(stem), stem: stem}
			order = append(order, stem)
		}
		groups[stem].files = append(groups[stem].files, f)
	}
	var out []variant
	for _, stem := range order {
		v := *groups[stem]
		slices.SortFunc(v.files, func(a, b offered) int { return strings.Compare(a.path, b.path) })
		if n := totals[stem]; n > 0 && len(v.files) != n {
			return nil, llm.Errorf(llm.CodeCorrupt, "%s has %d of its %d files", stem, len(v.files), n)
		}
		out = append(out, v)
	}
	return out, nil
}

// pick chooses among the models of a place: the file or the quantization that
// is named, else the best by preference.
func pick(where string, files []offered, file, quant string) (variant, error) {
	all, err := variants(files)
	if err != nil {
		return variant{}, err
	}
	if len(all) == 0 {
		return variant{}, llm.Errorf(llm.CodeNotFound, "%s has no GGUF file", where).WithHint("%s", elsewhere(where))
	}
	if file != "" {
		for _, v := range all {
			for _, f := range v.files {
				if strings.EqualFold(f.path, file) || strings.EqualFold(path.Base(f.path), file) {
					return v, nil
				}
			}
		}
		return variant{}, choices(where, "has no file "+file, all)
	}
	wanted := preference
	if quant != "" {
		wanted = []string{quant}
	} else if len(all) == 1 {
		return all[0], nil
	}
	for _, q := range wanted {
		var hit []variant
		for _, v := range all {
			if strings.EqualFold(v.quant, q) {
				hit = append(hit, v)
			}
		}
		if len(hit) == 1 {
			return hit[0], nil
		}
		if len(hit) > 1 {
			return variant{}, choices(where, "has several models in "+q, hit)
		}
	}
	if quant != "" {
		return variant{}, choices(where, "has nothing in "+quant, all)
	}
	return variant{}, choices(where, "has several models and none in a usual quantization", all)
}

// elsewhere says where a GGUF file may be when a place has none.
func elsewhere(where string) string {
	dir, local := strings.CutPrefix(where, string(SchemeFile)+":")
	if !local {
		return "look for a repository of the same model whose name ends in -GGUF"
	}
	// What cannot be read below the folder proposes nothing.
	if below, _ := filepath.Glob(filepath.Join(escapeGlob(dir), "*", "*.gguf")); len(below) > 0 {
		return "irori pull file:" + below[0]
	}
	return "name the file or its folder: irori pull file:FOLDER/MODEL.gguf"
}

// escapeGlob lets a folder's name stand for itself in a pattern.
func escapeGlob(dir string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]").Replace(dir)
}

// choices is an error that lists what there is.
func choices(where, why string, all []variant) error {
	alike := map[string]int{}
	for _, v := range all {
		alike[v.quant]++
	}
	var list []string
	for _, v := range all[:min(len(all), 20)] {
		s := path.Base(v.files[0].path)
		if v.quant != "" && alike[v.quant] == 1 {
			s = v.quant
		}
		if n := v.size(); n > 0 {
			s += " (" + unit.Bytes(n).String() + ")"
		}
		list = append(list, s)
	}
	first := where + ":" + path.Base(all[0].files[0].path)
	if dir, local := strings.CutPrefix(where, string(SchemeFile)+":"); local {
		first = "file:" + filepath.Join(dir, all[0].files[0].path)
	}
	return llm.Errorf(llm.CodeNotFound, "%s %s; it has %s", where, why, strings.Join(list, ", ")).WithHint("irori pull %s", first)
}
