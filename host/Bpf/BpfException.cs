using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>The kernel or libbpf refused; the message names the object, the error number and what it usually means.</summary>
public sealed class BpfException : Exception
{
    internal const int NotPermitted = 1;
    internal const int NoEntry = 2;
    internal const int AlreadyThere = 17;
    internal const int Invalid = 22;
    internal const int NotSupported = 95;

    /// <summary>Says what failed.</summary>
    public BpfException(string message, int error = 0, Exception? inner = null)
        : base(message, inner) => Error = error;

    /// <summary>The error number (errno), or 0.</summary>
    public int Error { get; }

    /// <summary>Whether a capability is missing.</summary>
    public bool IsPermission => Error is NotPermitted or 13;

    /// <summary>Makes the exception for what just failed with errno <paramref name="error"/>.</summary>
    internal static BpfException For(string what, int error, string log = "")
    {
        string hint = error is NotPermitted or 13
            ? " (missing a capability: CAP_BPF and CAP_PERFMON load programs, CAP_NET_ADMIN attaches them; run as root)"
            : "";
        // Where the verifier refuses (EACCES), only its log tells why; without a capability there is nothing to add.
        string detail = log.Length == 0 || error == NotPermitted ? "" : $"{Environment.NewLine}{log}";
        return new BpfException($"{what}: {Marshal.GetPInvokeErrorMessage(error)}{hint}{detail}", error);
    }
}
