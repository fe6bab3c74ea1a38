package meter

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"irori/internal/dial"
)

// The packets of MQTT 3.1.1 that a listener at quality 0 sends and gets.
const (
	packetConnect   = 0x10
	packetConnAck   = 0x20
	packetPublish   = 0x30
	packetSubscribe = 0x82
	packetSubAck    = 0x90
	packetPing      = 0xC0
	keepAlive       = 30 * time.Second
)

// broker listens to a topic. It says nothing and keeps nothing.
func broker(u *url.URL) (source, error) {
	topic := strings.TrimPrefix(u.Path, "/")
	if topic == "" || len(topic) > 1024 {
		return nil, errors.New("an MQTT meter is mqtt://BROKER/TOPIC?field=NAME")
	}
	address := u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Hostname(), "1883")
	}
	return func(ctx context.Context, tell func(float64)) error {
		soon, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		conn, err := dial.Context(soon, "tcp", address)
		if err != nil {
			return err
		}
		defer conn.Close()
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		return listen(conn, u, topic, tell)
	}, nil
}

// listen subscribes and reads until the connection ends.
func listen(conn net.Conn, u *url.URL, topic string, tell func(float64)) error {
	r := bufio.NewReader(conn)
	within := func(d time.Duration) error { return conn.SetDeadline(time.Now().Add(d)) }
	if err := within(patience); err != nil {
		return err
	}
	if _, err := conn.Write(connect(u)); err != nil {
		return err
	}
	kind, body, err := packet(r)
	if err != nil {
		return err
	}
	if kind&0xF0 != packetConnAck || len(body) != 2 {
		return errors.New("it is no MQTT broker")
	}
	if body[1] != 0 {
		return fmt.Errorf("the broker refuses: code %d (4 and 5 are a wrong user or password)", body[1])
	}
	if _, err := conn.Write(frame(packetSubscribe, append(append([]byte{0, 1}, text(topic)...), 0))); err != nil {
		return err
	}
	// A ping goes out at each silence of half the time that was promised.
	pinged := false
	for {
		if err := within(keepAlive / 2); err != nil {
			return err
		}
		if _, err := r.Peek(1); err != nil {
			if ne := net.Error(nil); !errors.As(err, &ne) || !ne.Timeout() || pinged {
				return err
			}
			pinged = true
			if err := within(patience); err != nil {
				return err
			}
			if _, err := conn.Write(frame(packetPing, nil)); err != nil {
				return err
			}
			continue
		}
		pinged = false
		if err := within(patience); err != nil {
			return err
		}
		kind, body, err := packet(r)
		if err != nil {
			return err
		}
		switch kind & 0xF0 {
		case packetSubAck:
			if len(body) > 2 && body[2] == 0x80 {
				return errors.New("the broker refuses the topic")
			}
		case packetPublish:
			payload, err := published(kind, body)
			if err != nil {
				return err
			}
			w, err := watts(payload, u.Query().Get("field"))
			if err != nil {
				return err
			}
			tell(w)
		}
	}
}

func connect(u *url.URL) []byte {
	flags, tail := byte(0x02), text("irori-"+fmt.Sprint(time.Now().UnixNano()%1e9))
	if name := u.User.Username(); name != "" {
		flags |= 0x80
		tail = append(tail, text(name)...)
		if password, ok := u.User.Password(); ok {
			flags |= 0x40
			tail = append(tail, text(password)...)
		}
	}
	head := append(text("MQTT"), 4, flags, 0, byte(keepAlive/time.Second))
	return frame(packetConnect, append(head, tail...))
}

func text(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(min(len(s), 0xFFFF))), s...)
}

func frame(kind byte, body []byte) []byte {
	out := []byte{kind}
	for n := len(body); ; {
		b := byte(n & 0x7F)
		if n >>= 7; n > 0 {
			out = append(out, b|0x80)
			continue
		}
		return append(append(out, b), body...)
	}
}

// packet reads one; what is longer than a figure needs is refused.
func packet(r *bufio.Reader) (kind byte, body []byte, err error) {
	if kind, err = r.ReadByte(); err != nil {
		return 0, nil, err
	}
	length := 0
	for shift := 0; ; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, nil, err
		}
		length |= int(b&0x7F) << shift
		if b&0x80 == 0 {
			break
		}
		if shift >= 21 {
			return 0, nil, errors.New("a packet of the broker has no length")
		}
	}
	if length > maxAnswer {
		return 0, nil, fmt.Errorf("a packet of the broker has %d bytes", length)
	}
	body = make([]byte, length)
	_, err = io.ReadFull(r, body)
	return kind, body, err
}

// published is the payload of a message.
func published(kind byte, body []byte) ([]byte, error) {
	if len(body) < 2 {
		return nil, errors.New("a message of the broker has no topic")
	}
	at := 2 + int(binary.BigEndian.Uint16(body))
	if kind&0x06 != 0 {
		at += 2 // a number that quality 0 does not have
	}
	if at > len(body) {
		return nil, errors.New("a message of the broker is cut off")
	}
	return body[at:], nil
}

// watts reads a plain number, or a field of a JSON object by its path.
func watts(payload []byte, field string) (float64, error) {
	raw := json.RawMessage(payload)
	for name := range strings.SplitSeq(field, ".") {
		if name == "" {
			continue
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(raw, &m); err != nil {
			return 0, fmt.Errorf("the message has no field %s", field)
		}
		v, ok := m[name]
		if !ok {
			return 0, fmt.Errorf("the message has no field %s", field)
		}
		raw = v
	}
	var f flexible
	if err := f.UnmarshalJSON([]byte(strings.TrimSpace(string(raw)))); err != nil {
		return 0, err
	}
	return checked(&f)
}
