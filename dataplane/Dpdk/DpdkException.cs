using System.Runtime.InteropServices;

namespace OppTel.Dpdk;

/// <summary>DPDK refused something on the control path.</summary>
public sealed class DpdkException : Exception
{
    /// <summary>Describes a failed call.</summary>
    /// <param name="what">What was tried, on which object.</param>
    /// <param name="error">Positive errno value.</param>
    /// <param name="log">What DPDK logged meanwhile.</param>
    public DpdkException(string what, int error, string log)
        : base($"{what}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}){(log.Length == 0 ? "" : $"; DPDK says: {log}")}") =>
        Error = error;

    /// <summary>Positive errno value.</summary>
    public int Error { get; }

    /// <summary>Runs a call that returns a negative errno value on failure, with DPDK's log held back for the message.</summary>
    /// <returns>The call's result when it is not negative.</returns>
    /// <exception cref="DpdkException">The result was negative.</exception>
    internal static int Check(string what, Func<int> call)
    {
        Native.opptel_log_hold();
        int result = call();
        string log = TakeLog();
        return result >= 0 ? result : throw new DpdkException(what, -result, log);
    }

    /// <summary>Ends the holding and gives the lines, joined by " | ".</summary>
    private static unsafe string TakeLog()
    {
        const int Size = 8192;
        byte* text = stackalloc byte[Size];
        string log = System.Text.Encoding.UTF8.GetString(text, (int)Native.opptel_log_take(text, Size));
        IEnumerable<string> lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return string.Join(" | ", lines.Where(line => !line.StartsWith("EAL: Detected", StringComparison.Ordinal)).Distinct());
    }
}
