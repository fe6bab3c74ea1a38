package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// reaching are the ways out of a process, by package: only internal/dial uses
// them, so that offline nothing leaves this machine.
var reaching = map[string][]string{
	"net": {
		"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer", "ListenUDP", "ListenPacket", "ListenIP", "ListenMulticastUDP", "FileConn", "FilePacketConn",
		"Resolver", "DefaultResolver", "LookupHost", "LookupIP", "LookupAddr", "LookupCNAME", "LookupMX", "LookupNS", "LookupSRV", "LookupTXT",
		"ResolveTCPAddr", "ResolveUDPAddr", "ResolveIPAddr",
	},
	"net/http":                 {"DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm", "Transport", "NewFileTransport"},
	"net/http/httputil":        {"ReverseProxy", "NewSingleHostReverseProxy"},
	"crypto/tls":               {"Dial", "DialWithDialer", "Dialer"},
	"syscall":                  {"Socket", "Connect", "Sendto", "Sendmsg", "SYS_SOCKET", "SYS_CONNECT", "SYS_SENDTO", "SYS_SENDMSG"},
	"golang.org/x/sys/unix":    {"Socket", "Connect", "Sendto", "Sendmsg"},
	"golang.org/x/sys/windows": {"Socket", "Connect", "Sendto", "ConnectEx"},
	"net/smtp":                 {"Dial", "SendMail"},
	"net/rpc":                  {"Dial", "DialHTTP"},
	"log/syslog":               {"Dial", "New", "NewLogger"},
}

// TestDials walks the program for connections that internal/dial does not make.
func TestDials(t *testing.T) {
	for _, name := range committed(t) {
		inside := strings.HasPrefix(name, "internal/") || strings.HasPrefix(name, "cmd/irori/")
		if !inside || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "internal/dial/") || strings.HasPrefix(name, "internal/fakellm/") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, filepath.Join("../..", name), nil, 0)
		if err != nil {
			continue // deleted
		}
		names := map[string]string{} // as the file calls a package
		for _, i := range f.Imports {
			path := strings.Trim(i.Path.Value, `"`)
			if reaching[path] == nil {
				continue
			}
			as := path[strings.LastIndexByte(path, '/')+1:]
			if i.Name != nil {
				as = i.Name.Name
			}
			names[as] = path
			if as == "." {
				t.Errorf("%s imports all names of %s", name, path)
			}
		}
		// A transport of net/http may be named as a type, not made.
		types := map[ast.Node]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.StarExpr:
				types[x.X] = true
			case *ast.CompositeLit:
				client, ok := x.Type.(*ast.SelectorExpr)
				if ok && client.Sel.Name == "Client" && isName(client.X, names, "net/http") && !hasKey(x, "Transport") {
					t.Errorf("%s: a client without a transport of internal/dial", fset.Position(x.Pos()))
				}
			case *ast.SelectorExpr:
				id, ok := x.X.(*ast.Ident)
				if !ok || id.Obj != nil || types[x] {
					return true
				}
				if path := names[id.Name]; slices.Contains(reaching[path], x.Sel.Name) {
					t.Errorf("%s: %s.%s makes a connection that internal/dial does not know of", fset.Position(x.Pos()), path, x.Sel.Name)
				}
			}
			return true
		})
	}
}

func isName(x ast.Expr, names map[string]string, path string) bool {
	id, ok := x.(*ast.Ident)
	return ok && names[id.Name] == path
}

func hasKey(x *ast.CompositeLit, key string) bool {
	return slices.ContainsFunc(x.Elts, func(e ast.Expr) bool {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return false
		}
		id, ok := kv.Key.(*ast.Ident)
		return ok && id.Name == key
	})
}
