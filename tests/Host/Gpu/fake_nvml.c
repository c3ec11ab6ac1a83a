/* SPDX-License-Identifier: MIT */
/*
 * A library with NVML's functions and two devices: one with everything, one without NVLink and energy. Variables of the environment
 * take the driver or a device away. nvmlDeviceGetTemperature is missing, as from a version that does not have it.
 */
#include <stdlib.h>
#include <string.h>

typedef struct {
	unsigned field, scope;
	long long timestamp, latency;
	unsigned type;
	int result;
	unsigned long long value;
} nvmlFieldValue_t;

enum { SUCCESS = 0, NOT_SUPPORTED = 3, DRIVER_NOT_LOADED = 9, GPU_IS_LOST = 15 };

static int calls;

static int lost(void)
{
	return getenv("FAKE_NVML_LOST") ? GPU_IS_LOST : SUCCESS;
}

int nvmlInit_v2(void)
{
	return getenv("FAKE_NVML_NO_DRIVER") ? DRIVER_NOT_LOADED : SUCCESS;
}

int nvmlShutdown(void)
{
	return SUCCESS;
}

const char *nvmlErrorString(int result)
{
	return result == DRIVER_NOT_LOADED ? "Driver Not Loaded"
	       : result == GPU_IS_LOST     ? "GPU is lost"
					   : "Unknown Error";
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
	*count = 2;
	return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
	*device = (void *)(long)(index + 1);
	return SUCCESS;
}

int nvmlDeviceGetName(void *device, char *name, unsigned length)
{
	strncpy(name, device == (void *)1 ? "Fake H1" : "Fake H2", length);
	return SUCCESS;
}

int nvmlDeviceGetUUID(void *device, char *uuid, unsigned length)
{
	strncpy(uuid, device == (void *)1 ? "GPU-1" : "GPU-2", length);
	return SUCCESS;
}

int nvmlDeviceGetUtilizationRates(void *device, unsigned *rates)
{
	rates[0] = 40 + (unsigned)(long)device;
	rates[1] = 20;
	return lost();
}

int nvmlDeviceGetMemoryInfo(void *device, unsigned long long *memory)
{
	memory[0] = 80ULL << 30;
	memory[1] = 79ULL << 30;
	memory[2] = 1ULL << 30;
	return lost();
}

int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts)
{
	*milliwatts = 123456;
	return lost();
}

int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *millijoules)
{
	*millijoules = 5000 + 1000 * (unsigned long long)++calls;
	return device == (void *)1 ? lost() : NOT_SUPPORTED;
}

int nvmlDeviceGetPcieThroughput(void *device, unsigned counter, unsigned *kilobytes)
{
	*kilobytes = counter ? 7 : 9;
	return lost();
}

int nvmlDeviceGetFieldValues(void *device, int count, nvmlFieldValue_t *values)
{
	for (int i = 0; i < count; i++) {
		values[i].result = device == (void *)1 && values[i].scope == ~0U ? SUCCESS : NOT_SUPPORTED;
		values[i].value = values[i].field == 138 ? 1000 : 2000;
	}
	return lost();
}
