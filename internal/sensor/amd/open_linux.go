package amd

import "github.com/ebitengine/purego"

// load opens the first library that is there.
func load() (*library, error) {
	var h uintptr
	var err error
	for _, name := range []string{"libamd_smi.so", "/opt/rocm/lib/libamd_smi.so"} {
		if h, err = purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL); err == nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	lib := &library{}
	for name, to := range map[string]any{
		"amdsmi_init": &lib.initialize, "amdsmi_shut_down": &lib.shutdown, "amdsmi_get_lib_version": &lib.version,
		"amdsmi_get_socket_handles": &lib.sockets, "amdsmi_get_processor_handles": &lib.processors,
		"amdsmi_get_gpu_device_bdf": &lib.address, "amdsmi_get_energy_count": &lib.energy,
	} {
		addr, err := purego.Dlsym(h, name)
		if err != nil {
			return nil, err
		}
		purego.RegisterFunc(to, addr)
	}
	return lib, nil
}
