package apple

import (
	"fmt"
	"time"

	"github.com/ebitengine/purego"

	"irori/internal/power"
)

const (
	reportLibrary = "/usr/lib/libIOReport.dylib"
	foundation    = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"
	// utf8 is the encoding's number in CoreFoundation.
	utf8 = 0x08000100
)

// calls are what is used of the two libraries. References are addresses.
type calls struct {
	channels    func(group, subgroup uintptr, a, b, c uint64) uintptr
	subscribe   func(a, channels uintptr, subscribed *uintptr, id uint64, b uintptr) uintptr
	samples     func(subscription, channels, a uintptr) uintptr
	name        func(item uintptr) uintptr
	unit        func(item uintptr) uintptr
	value       func(item uintptr, index int32) int64
	text        func(allocator uintptr, c string, encoding uint32) uintptr
	mutable     func(allocator uintptr, capacity int, dictionary uintptr) uintptr
	get         func(dictionary, key uintptr) uintptr
	count       func(array uintptr) int
	at          func(array uintptr, index int) uintptr
	textOf      func(text uintptr, buffer *byte, size int, encoding uint32) bool
	release     func(ref uintptr)
	size        func(dictionary uintptr) int
	key         uintptr
	channelsRef uintptr
	subscribed  uintptr
}

// Discover finds the chip's meter.
func Discover() ([]power.Meter, error) {
	c, err := load()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	m, err := newMeter(c.read, time.Now)
	if err != nil {
		return nil, err
	}
	return []power.Meter{m}, nil
}

func load() (*calls, error) {
	c := &calls{}
	for _, l := range []struct {
		file  string
		calls map[string]any
	}{
		{reportLibrary, map[string]any{
			"IOReportCopyChannelsInGroup": &c.channels, "IOReportCreateSubscription": &c.subscribe, "IOReportCreateSamples": &c.samples,
			"IOReportChannelGetChannelName": &c.name, "IOReportChannelGetUnitLabel": &c.unit, "IOReportSimpleGetIntegerValue": &c.value,
		}},
		{foundation, map[string]any{
			"CFStringCreateWithCString": &c.text, "CFDictionaryCreateMutableCopy": &c.mutable, "CFDictionaryGetValue": &c.get,
			"CFDictionaryGetCount": &c.size, "CFArrayGetCount": &c.count, "CFArrayGetValueAtIndex": &c.at, "CFStringGetCString": &c.textOf, "CFRelease": &c.release,
		}},
	} {
		h, err := purego.Dlopen(l.file, purego.RTLD_NOW|purego.RTLD_LOCAL)
		if err != nil {
			return nil, err
		}
		for name, to := range l.calls {
			addr, err := purego.Dlsym(h, name)
			if err != nil {
				return nil, err
			}
			purego.RegisterFunc(to, addr)
		}
	}
	return c, c.open()
}

// open subscribes to the group.
func (c *calls) open() error {
	group := c.text(0, "Energy Model", utf8)
	if group == 0 {
		return fmt.Errorf("no text can be made")
	}
	defer c.release(group)
	found := c.channels(group, 0, 0, 0, 0)
	if found == 0 {
		return fmt.Errorf("there is no group of energy channels")
	}
	defer c.release(found)
	c.channelsRef = c.mutable(0, c.size(found), found)
	if c.channelsRef == 0 {
		return fmt.Errorf("the channels cannot be copied")
	}
	c.subscribed = c.subscribe(0, c.channelsRef, new(uintptr), 0, 0)
	if c.subscribed == 0 {
		return fmt.Errorf("the channels cannot be subscribed to")
	}
	c.key = c.text(0, "IOReportChannels", utf8)
	return nil
}

// read takes a sample of all channels.
func (c *calls) read() ([]channel, error) {
	sample := c.samples(c.subscribed, c.channelsRef, 0)
	if sample == 0 {
		return nil, fmt.Errorf("the chip's channels cannot be sampled")
	}
	defer c.release(sample)
	list := c.get(sample, c.key)
	if list == 0 {
		return nil, fmt.Errorf("a sample has no channels")
	}
	var out []channel
	for i := range c.count(list) {
		item := c.at(list, i)
		name := c.string(c.name(item))
		if partOf(name) == "" {
			continue
		}
		out = append(out, channel{name, c.string(c.unit(item)), c.value(item, 0)})
	}
	return out, nil
}

// string copies a text; what is not UTF-8 or too long is empty.
func (c *calls) string(ref uintptr) string {
	if ref == 0 {
		return ""
	}
	var buf [128]byte
	if !c.textOf(ref, &buf[0], len(buf), utf8) {
		return ""
	}
	for i, b := range buf {
		if b == 0 {
			return string(buf[:i])
		}
	}
	return ""
}
