using System.Runtime.InteropServices;
using OppTel.Configuration;

namespace OppTel.Host.Samplers.Gpu;

/// <summary>
/// NVIDIA's management library, found at run time. A function that this version does not have answers as one that the device does
/// not support.
/// </summary>
internal sealed unsafe class Nvml : IDisposable
{
    /// <summary>What the library is called where the driver is installed.</summary>
    public const string Library = "libnvidia-ml.so.1";

    /// <summary>nvmlReturn_t.</summary>
    private const int Success = 0, NotSupported = 3;

    private const int TextLength = 96;
    private readonly nint library;

    private Nvml(nint library) => this.library = library;

    /// <summary>Opens the library and the driver.</summary>
    /// <param name="path">Name or path of the library.</param>
    /// <exception cref="OperatorException">One of them is not there.</exception>
    public static Nvml Open(string path = Library)
    {
        if (!NativeLibrary.TryLoad(path, out nint library))
            throw new OperatorException(ExitCode.Unavailable, $"there is no {path}: no NVIDIA driver");
        Nvml nvml = new(library);
        int result = nvml.Find("nvmlInit_v2") is var initialise and not 0 ? ((delegate* unmanaged[Cdecl]<int>)initialise)() : NotSupported;
        if (result == Success)
            return nvml;
        string reason = nvml.Explain(result);
        NativeLibrary.Free(library);
        throw new OperatorException(ExitCode.Unavailable, $"{path} finds no driver: {reason}");
    }

    /// <summary>Devices of this machine.</summary>
    /// <exception cref="IOException">The library refused.</exception>
    public IReadOnlyList<nint> Devices()
    {
        uint count;
        Check(((delegate* unmanaged[Cdecl]<uint*, int>)Need("nvmlDeviceGetCount_v2"))(&count), "count devices");
        List<nint> devices = [];
        for (uint index = 0; index < count; index++)
        {
            nint device;
            Check(((delegate* unmanaged[Cdecl]<uint, nint*, int>)Need("nvmlDeviceGetHandleByIndex_v2"))(index, &device), $"open device {index}");
            devices.Add(device);
        }

        return devices;
    }

    /// <summary>A text of a device, such as its name or UUID; empty when it has none.</summary>
    public string Text(string function, nint device)
    {
        byte* text = stackalloc byte[TextLength];
        return Find(function) is var found and not 0 && ((delegate* unmanaged[Cdecl]<nint, byte*, uint, int>)found)(device, text, TextLength) == Success
            ? Marshal.PtrToStringUTF8((nint)text) ?? ""
            : "";
    }

    /// <summary>A function that writes numbers of 32 bits, up to four of them; null when the device does not support it.</summary>
    /// <exception cref="IOException">The device is lost, or the driver.</exception>
    public ulong? Number32(string function, nint device, int position = 0)
    {
        uint* values = stackalloc uint[4];
        return Supports(function, out nint found) && Succeeds(((delegate* unmanaged[Cdecl]<nint, uint*, int>)found)(device, values), function) ? values[position] : null;
    }

    /// <summary>The same, for a function that takes a selector.</summary>
    public ulong? Selected32(string function, nint device, uint selector)
    {
        uint value;
        return Supports(function, out nint found) && Succeeds(((delegate* unmanaged[Cdecl]<nint, uint, uint*, int>)found)(device, selector, &value), function) ? value : null;
    }

    /// <summary>The same, for a function that writes numbers of 64 bits.</summary>
    public ulong? Number64(string function, nint device, int position = 0)
    {
        ulong* values = stackalloc ulong[4];
        return Supports(function, out nint found) && Succeeds(((delegate* unmanaged[Cdecl]<nint, ulong*, int>)found)(device, values), function) ? values[position] : null;
    }

    /// <summary>A field by its number, of all links together.</summary>
    public ulong? Field(nint device, uint number)
    {
        FieldValue field = new() { Number = number, Scope = uint.MaxValue };
        return Supports("nvmlDeviceGetFieldValues", out nint found)
            && Succeeds(((delegate* unmanaged[Cdecl]<nint, int, FieldValue*, int>)found)(device, 1, &field), $"field {number}") && Succeeds(field.Result, $"field {number}")
            ? field.Value
            : null;
    }

    public void Dispose()
    {
        if (Find("nvmlShutdown") is var shutdown and not 0)
            _ = ((delegate* unmanaged[Cdecl]<int>)shutdown)();
        NativeLibrary.Free(library);
    }

    private nint Find(string function) => NativeLibrary.TryGetExport(library, function, out nint address) ? address : 0;

    private nint Need(string function) => Find(function) is var address and not 0 ? address : throw new IOException($"NVML has no {function}");

    private bool Supports(string function, out nint address) => (address = Find(function)) != 0;

    private bool Succeeds(int result, string what)
    {
        if (result == NotSupported)
            return false;
        Check(result, what);
        return true;
    }

    private void Check(int result, string what)
    {
        if (result != Success)
            throw new IOException($"NVML, {what}: {Explain(result)}");
    }

    private string Explain(int result) =>
        Find("nvmlErrorString") is var explain and not 0 ? Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<int, nint>)explain)(result)) ?? "" : $"error {result}";

    /// <summary><c>nvmlFieldValue_t</c>; its value is read as a number of 64 bits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FieldValue
    {
        public uint Number;
        public uint Scope;
        public long Timestamp;
        public long Latency;
        public uint Type;
        public int Result;
        public ulong Value;
    }
}
