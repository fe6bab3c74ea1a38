package meter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"irori/internal/dial"
)

// client keeps one connection; what it asks are devices in the house.
var client = &http.Client{
	Timeout:   patience,
	Transport: transport(),
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return errors.New("it sends elsewhere")
	},
}

func transport() *http.Transport {
	t := dial.Direct()
	t.MaxIdleConns, t.IdleConnTimeout, t.DisableCompression = 4, time.Minute, true
	return t
}

// get asks a device for JSON.
func get(ctx context.Context, u *url.URL, path, query string, into any) error {
	to := url.URL{Scheme: "http", Host: u.Host, Path: path, RawQuery: query}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, to.String(), nil)
	if err != nil {
		return err
	}
	if name := u.User.Username(); name != "" {
		password, _ := u.User.Password()
		r.SetBasicAuth(name, password)
	}
	resp, err := client.Do(r)
	if err != nil {
		return bare(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s to %s", resp.Status, path)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("its answer to %s is not understood: %w", path, err)
	}
	return nil
}

// bare is an error without the address, which may have a password in it.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// flexible is a number, or a text that is one: firmwares differ.
type flexible float64

// UnmarshalJSON reads both forms; a list is the sum of its phases.
func (f *flexible) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		var list []flexible
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
		for _, v := range list {
			*f += v
		}
		return nil
	}
	v, err := strconv.ParseFloat(strings.Trim(string(b), `" `), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%.40q is no figure", b)
	}
	*f = flexible(v)
	return nil
}

// checked is a power that can be one.
func checked(f *flexible) (float64, error) {
	switch {
	case f == nil:
		return 0, errors.New("it does not measure power")
	case *f < 0:
		return 0, fmt.Errorf("it tells %g W: is the machine wired the wrong way round, or does it feed in?", float64(*f))
	}
	return float64(*f), nil
}

// tasmota asks for `Status 8`, where ENERGY.Power is in watts. EnergyToday,
// in kilowatt-hours of three places, is not used.
func tasmota(u *url.URL) func(context.Context) (float64, error) {
	query := "cmnd=Status%208"
	if name := u.User.Username(); name != "" {
		// Its web password goes into the query, not into a header.
		password, _ := u.User.Password()
		query += "&user=" + url.QueryEscape(name) + "&password=" + url.QueryEscape(password)
	}
	return func(ctx context.Context) (float64, error) {
		// StatusSNS has been its name since version 6, StatusSensors before.
		type sensors struct {
			Energy *struct {
				Power *flexible `json:"Power"`
			} `json:"ENERGY"`
		}
		var answer struct {
			Warning string  `json:"WARNING"`
			SNS     sensors `json:"StatusSNS"`
			Old     sensors `json:"StatusSensors"`
		}
		if err := get(ctx, u, "/cm", query, &answer); err != nil {
			return 0, err
		}
		if answer.Warning != "" {
			return 0, errors.New("it wants a user and a password: tasmota://USER:PASSWORD@HOST")
		}
		for _, s := range []sensors{answer.SNS, answer.Old} {
			if s.Energy != nil {
				return checked(s.Energy.Power)
			}
		}
		return checked(nil)
	}
}

// shelly asks which generation it is once, then for the power of a switch:
// meters of the first, apower of those after it.
func shelly(u *url.URL) func(context.Context) (float64, error) {
	generation := 0
	channel, err := strconv.Atoi(strings.Trim(u.Path, "/"))
	if strings.Trim(u.Path, "/") == "" {
		channel, err = 0, nil
	}
	return func(ctx context.Context) (float64, error) {
		if err != nil || channel < 0 || channel > 15 {
			return 0, fmt.Errorf("%q is no number of a switch", u.Path)
		}
		if generation == 0 {
			var about struct {
				Gen int `json:"gen"`
			}
			if err := get(ctx, u, "/shelly", "", &about); err != nil {
				return 0, err
			}
			generation = max(1, about.Gen)
		}
		if generation == 1 {
			return shellyFirst(ctx, u, channel)
		}
		return shellyRPC(ctx, u, channel)
	}
}

func shellyFirst(ctx context.Context, u *url.URL, channel int) (float64, error) {
	type reading struct {
		Power *flexible `json:"power"`
		Valid *bool     `json:"is_valid"`
	}
	// Plugs have meters, the EM has emeters.
	var answer struct {
		Meters  []reading `json:"meters"`
		EMeters []reading `json:"emeters"`
	}
	if err := get(ctx, u, "/status", "", &answer); err != nil {
		return 0, err
	}
	list := answer.EMeters
	if len(list) == 0 {
		list = answer.Meters
	}
	if channel >= len(list) {
		return 0, fmt.Errorf("it has %d meters", len(list))
	}
	if v := list[channel].Valid; v != nil && !*v {
		return 0, errors.New("it says that its figure is not valid")
	}
	return checked(list[channel].Power)
}

func shellyRPC(ctx context.Context, u *url.URL, channel int) (float64, error) {
	var answer struct {
		Power *flexible `json:"apower"`
		Act   *flexible `json:"act_power"`
	}
	id := "id=" + strconv.Itoa(channel)
	err := get(ctx, u, "/rpc/Switch.GetStatus", id, &answer)
	if err != nil {
		// Plugs that only measure have no switch.
		if perr := get(ctx, u, "/rpc/PM1.GetStatus", id, &answer); perr != nil {
			return 0, err
		}
	}
	if answer.Power == nil {
		answer.Power = answer.Act
	}
	return checked(answer.Power)
}
