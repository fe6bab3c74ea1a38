// Package dial makes every connection of this program. Offline, none leaves this
// machine: not by a name, since to look one up is a question to somebody else,
// and not over a proxy.
package dial

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

var offline atomic.Bool

// Variable is the environment variable that tells children.
const Variable = "IRORI_OFFLINE"

// GoOffline lets no more connections leave this machine, and tells the children
// of this process so, in the words that common tools know too.
func GoOffline() {
	offline.Store(true)
	for _, name := range []string{Variable, "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"} {
		_ = os.Setenv(name, "1") // no name or value of these can be refused
	}
	_ = os.Setenv("PIP_NO_INDEX", "1")
}

// Offline reports whether nothing may leave this machine.
func Offline() bool { return offline.Load() }

// Refused is a connection that was not made since it would have left.
type Refused struct{ Address string }

// Error names the address.
func (r *Refused) Error() string {
	return fmt.Sprintf("offline: %s is not on this machine, so it is not asked", r.Address)
}

// dialer waits no longer than this for a connection.
var dialer = net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}

// Context connects to an address.
func Context(ctx context.Context, network, address string) (net.Conn, error) {
	if !Offline() {
		return dialer.DialContext(ctx, network, address)
	}
	here, err := Here(network, address)
	if err != nil {
		return nil, err
	}
	var last error
	for _, a := range here {
		c, err := dialer.DialContext(ctx, network, a)
		if err == nil {
			return c, nil
		}
		last = err
	}
	return nil, last
}

// Here are the addresses of this machine that an address stands for, without
// asking anybody; an error where it stands for another machine.
func Here(network, address string) ([]string, error) {
	if network == "unix" {
		return []string{address}, nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("::1", port)}, nil
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return []string{address}, nil
	}
	return nil, &Refused{address}
}

// proxy is the proxy of the environment, none offline.
func proxy(r *http.Request) (*url.URL, error) {
	if Offline() {
		return nil, nil
	}
	return http.ProxyFromEnvironment(r)
}

// Transport is a transport of its own, over the proxies of the environment.
func Transport() *http.Transport {
	return &http.Transport{
		Proxy: proxy, DialContext: Context, TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true,
		MaxIdleConns: 100, IdleConnTimeout: 90 * time.Second, ExpectContinueTimeout: time.Second,
	}
}

// Direct is a transport of its own, over no proxy.
func Direct() *http.Transport {
	t := Transport()
	t.Proxy = nil
	return t
}

// Client is for requests that need nothing of their own.
var Client = &http.Client{Transport: Transport()}
