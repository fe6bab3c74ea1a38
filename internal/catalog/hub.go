package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"

	"irori/internal/catalog/blob"
	"irori/internal/catalog/fetch"
	"irori/internal/llm"
)

// escapePath escapes each part of a repository path.
func escapePath(p string) string {
	parts := strings.Split(p, "/")
	for i, s := range parts {
		parts[i] = url.PathEscape(s)
	}
	return strings.Join(parts, "/")
}

// hfModel is what the Hugging Face API says of a repository.
type hfModel struct {
	CardData struct {
		License     json.RawMessage `json:"license"`
		LicenseName string          `json:"license_name"`
		LicenseLink string          `json:"license_link"`
	} `json:"cardData"`
}

// hfEntry is one entry of a repository's tree.
type hfEntry struct {
	Type string `json:"type"`
	Path string `json:"path"`
	Size int64  `json:"size"`
	LFS  *struct {
		OID  string `json:"oid"`
		Size int64  `json:"size"`
	} `json:"lfs"`
}

var reNextLink = regexp.MustCompile(`<([^>]+)>;\s*rel="next"`)

func (l *Library) planHF(ctx context.Context, ref Ref) (plan, error) {
	header := http.Header{}
	if l.opt.HFToken != "" {
		header.Set("Authorization", "Bearer "+l.opt.HFToken)
	}
	api := l.opt.HFEndpoint + "/api/models/" + escapePath(ref.Name)
	var model hfModel
	if _, err := l.net.GetJSON(ctx, api, header, &model); err != nil {
		return plan{}, l.hfError(ref, err)
	}
	p := plan{ref: ref, header: header}
	p.licence, p.m.LicenseURL = oneString(model.CardData.License), model.CardData.LicenseLink
	if p.m.License = p.licence; p.licence == "other" && model.CardData.LicenseName != "" {
		p.m.License = model.CardData.LicenseName
	}
	var files []offered
	next := api + "/tree/main?recursive=true"
	for pages := 0; next != "" && pages < 50; pages++ {
		var entries []hfEntry
		got, err := l.net.GetJSON(ctx, next, header, &entries)
		if err != nil {
			return plan{}, l.hfError(ref, err)
		}
		for _, e := range entries {
			if e.Type != "file" {
				continue
			}
			f := offered{path: e.Path, size: e.Size, url: l.opt.HFEndpoint + "/" + escapePath(ref.Name) + "/resolve/main/" + escapePath(e.Path)}
			if e.LFS != nil && len(e.LFS.OID) == 64 {
				f.size, f.sha256 = e.LFS.Size, strings.ToLower(e.LFS.OID)
			}
			files = append(files, f)
		}
		next = ""
		if m := reNextLink.FindStringSubmatch(got.Get("Link")); m != nil && sameHost(m[1], api) {
			next = m[1]
		}
	}
	v, err := pick("hf:"+ref.Name, files, ref.File, ref.Quant)
	p.files = asPlanned(v)
	return p, err
}

// sameHost keeps a listing's next page, and the token with it, on one host.
func sameHost(a, b string) bool {
	ua, errA := url.Parse(a)
	ub, errB := url.Parse(b)
	return errA == nil && errB == nil && ua.Host == ub.Host && ua.Scheme == ub.Scheme
}

// oneString reads a field that is a string or a list of strings.
func oneString(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var many []string
	if json.Unmarshal(raw, &many) == nil {
		return strings.Join(many, ", ")
	}
	return ""
}

// hfError explains a refusal. Hugging Face answers 401 both for repositories
// that are gated and for those that do not exist.
func (l *Library) hfError(ref Ref, err error) error {
	se, ok := errors.AsType[*fetch.StatusError](err)
	if !ok {
		return err
	}
	page := l.opt.HFEndpoint + "/" + ref.Name
	switch {
	case se.Status == http.StatusNotFound:
		return llm.Wrap(llm.CodeNotFound, err, "hf:%s does not exist", ref.Name).WithHint("check the spelling at %s", page)
	case se.Status == http.StatusUnauthorized && l.opt.HFToken == "":
		return llm.Wrap(llm.CodeUnauthorized, err, "hf:%s is gated or does not exist", ref.Name).
			WithHint("accept the licence at %s, then set HF_TOKEN to a read token of that account", page)
	case se.Status == http.StatusUnauthorized || se.Status == http.StatusForbidden:
		return llm.Wrap(llm.CodeForbidden, err, "the account of HF_TOKEN may not read hf:%s", ref.Name).
			WithHint("accept the licence at %s with the account that HF_TOKEN belongs to", page)
	}
	return err
}

// modelScopeFiles is ModelScope's list of a repository.
type modelScopeFiles struct {
	Code    int    `json:"Code"`
	Message string `json:"Message"`
	Data    struct {
		Files []struct {
			Path   string `json:"Path"`
			Type   string `json:"Type"`
			Size   int64  `json:"Size"`
			SHA256 string `json:"Sha256"`
		} `json:"Files"`
	} `json:"Data"`
}

func (l *Library) planModelScope(ctx context.Context, ref Ref) (plan, error) {
	ep := l.opt.ModelScopeEndpoint
	var list modelScopeFiles
	if _, err := l.net.GetJSON(ctx, ep+"/api/v1/models/"+escapePath(ref.Name)+"/repo/files?Revision=master&Recursive=true", nil, &list); err != nil {
		if llm.CodeOf(err) == llm.CodeNotFound {
			return plan{}, llm.Wrap(llm.CodeNotFound, err, "modelscope:%s does not exist", ref.Name)
		}
		return plan{}, err
	}
	if list.Code != 0 && list.Code != http.StatusOK {
		return plan{}, llm.Errorf(llm.CodeNotFound, "modelscope:%s: %.200s", ref.Name, list.Message)
	}
	var files []offered
	for _, f := range list.Data.Files {
		if f.Type == "tree" {
			continue
		}
		o := offered{path: f.Path, size: f.Size, url: ep + "/models/" + escapePath(ref.Name) + "/resolve/master/" + escapePath(f.Path)}
		if len(f.SHA256) == 64 {
			o.sha256 = strings.ToLower(f.SHA256)
		}
		files = append(files, o)
	}
	v, err := pick("modelscope:"+ref.Name, files, ref.File, ref.Quant)
	return plan{ref: ref, files: asPlanned(v)}, err
}

// The media types of an Ollama manifest's layers.
const (
	ollamaPrefix = "application/vnd.ollama.image."
	// maxLayer bounds the small layers, which are read into the manifest.
	maxLayer = 1 << 20
)

// ollamaManifest is the registry's manifest of a model.
type ollamaManifest struct {
	Layers []struct {
		MediaType string `json:"mediaType"`
		Digest    string `json:"digest"`
		Size      int64  `json:"size"`
	} `json:"layers"`
}

// ollamaName returns the full name of a model in the registry.
func ollamaName(ref Ref) string {
	if strings.Contains(ref.Name, "/") {
		return ref.Name
	}
	return "library/" + ref.Name
}

func (l *Library) planOllama(ctx context.Context, ref Ref) (plan, error) {
	base := l.opt.OllamaRegistry + "/v2/" + ollamaName(ref)
	var man ollamaManifest
	accept := http.Header{"Accept": {"application/vnd.docker.distribution.manifest.v2+json"}}
	if _, err := l.net.GetJSON(ctx, base+"/manifests/"+ref.Tag, accept, &man); err != nil {
		if llm.CodeOf(err) == llm.CodeNotFound {
			return plan{}, llm.Wrap(llm.CodeNotFound, err, "the Ollama registry has no %s:%s", ref.Name, ref.Tag).WithHint("check name and tag at https://ollama.com/library/%s", path.Base(ref.Name))
		}
		return plan{}, err
	}
	return l.ollamaPlan(ref, man, func(digest string) ([]byte, error) {
		b, _, err := l.net.Get(ctx, base+"/blobs/"+digest, nil, maxLayer)
		return b, err
	}, base)
}

// ollamaPlan sorts a manifest's layers; small ones are read at once by read.
func (l *Library) ollamaPlan(ref Ref, man ollamaManifest, read func(digest string) ([]byte, error), base string) (plan, error) {
	p := plan{ref: ref}
	roles := map[string]blob.Role{"model": blob.RoleModel, "projector": blob.RoleMMProj, "adapter": blob.RoleAdapter}
	texts := map[string]*string{"license": &p.m.LicenseText, "template": &p.m.Template, "system": &p.m.System, "params": &p.m.Params, "messages": &p.m.Messages}
	for _, layer := range man.Layers {
		hex, ok := strings.CutPrefix(layer.Digest, "sha256:")
		if !ok || len(hex) != 64 || strings.Trim(hex, "0123456789abcdef") != "" {
			return p, llm.Errorf(llm.CodeCorrupt, "%s: layer %.80q has no sha256 digest", ref, layer.Digest)
		}
		kind := strings.TrimPrefix(layer.MediaType, ollamaPrefix)
		if role, ok := roles[kind]; ok {
			p.files = append(p.files, planned{
				offered: offered{path: kind, size: layer.Size, sha256: hex, url: base + "/blobs/" + layer.Digest},
				name:    kind + "-" + hex[:12] + ".gguf", role: role,
			})
			continue
		}
		if into := texts[kind]; into != nil && layer.Size <= maxLayer {
			b, err := read(layer.Digest)
			if err != nil {
				return p, err
			}
			if *into != "" {
				*into += "\n"
			}
			*into += string(b)
		}
	}
	if len(p.files) == 0 {
		return p, llm.Errorf(llm.CodeUnsupported, "%s has no model file that can be run here: it is a cloud model or of another format", ref)
	}
	return p, nil
}
