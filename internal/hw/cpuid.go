package hw

import "github.com/klauspost/cpuid/v2"

// inference are the instruction sets that inference code is built for.
var inference = []cpuid.FeatureID{
	cpuid.SSE42, cpuid.AVX, cpuid.F16C, cpuid.FMA3, cpuid.BMI2, cpuid.AVX2, cpuid.AVXVNNI, cpuid.AVX512F,
	cpuid.AVX512BW, cpuid.AVX512VL, cpuid.AVX512DQ, cpuid.AVX512VBMI, cpuid.AVX512VNNI, cpuid.AVX512BF16, cpuid.AVX512FP16,
	cpuid.AMXTILE, cpuid.AMXINT8, cpuid.AMXBF16,
	cpuid.ASIMD, cpuid.ASIMDHP, cpuid.ASIMDDP, cpuid.SVE,
}

// readCPUID asks the processor itself.
func readCPUID() (model string, physical *int, features []string) {
	for _, f := range inference {
		if cpuid.CPU.Supports(f) {
			features = append(features, f.String())
		}
	}
	if n := cpuid.CPU.PhysicalCores; n > 0 {
		physical = &n
	}
	return cpuid.CPU.BrandName, physical, features
}
