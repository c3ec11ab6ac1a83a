using System.Runtime.InteropServices;

namespace OppTel.Dpdk;

/// <summary>DPDK's environment; once per process.</summary>
public static unsafe class Eal
{
    /// <summary>Starts DPDK. Pins the calling thread to the main lcore's CPUs.</summary>
    /// <param name="arguments">EAL arguments without a program name.</param>
    /// <exception cref="DpdkException">EAL refused; carries what it logged.</exception>
    public static void Initialize(IReadOnlyList<string> arguments)
    {
        // EAL keeps pointers into its arguments for as long as the process lives.
        byte** vector = (byte**)NativeMemory.AllocZeroed((nuint)(arguments.Count + 2), (nuint)sizeof(byte*));
        vector[0] = (byte*)Marshal.StringToCoTaskMemUTF8("opptel-dataplane");
        for (int index = 0; index < arguments.Count; index++)
            vector[index + 1] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[index]);
        DpdkException.Check(
            $"DPDK's EAL does not start with {string.Join(' ', arguments)}",
            () => Native.opptel_eal_init(arguments.Count + 1, vector));
    }

    /// <summary>Ends DPDK; no port, pool or worker may be in use any more.</summary>
    /// <exception cref="DpdkException">EAL refused.</exception>
    public static void Cleanup() => DpdkException.Check("DPDK's EAL does not end", Native.opptel_eal_cleanup);

    /// <summary>Makes DPDK's packet sockets deliver fragments as they come; before the first af_packet device is probed.</summary>
    /// <exception cref="DpdkException">The driver is not there, or not as expected.</exception>
    public static void KeepFragments() =>
        DpdkException.Check("the af_packet driver cannot be kept from reassembling fragments", Native.opptel_packet_socket_setup);

    /// <summary>Creates a virtual device, or attaches a real one.</summary>
    /// <param name="arguments">As behind <c>--vdev</c> or <c>-a</c>.</param>
    /// <exception cref="DpdkException">The driver refused; carries what it logged.</exception>
    public static void Probe(string arguments) =>
        DpdkException.Check($"device {arguments}", () => Native.opptel_device_probe(arguments));
}
