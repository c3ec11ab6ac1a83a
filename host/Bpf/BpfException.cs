using System.Runtime.InteropServices;
using OppTel.Configuration;

namespace OppTel.Bpf;

/// <summary>The kernel or libbpf refused; the message names the object, the error number and what it usually means.</summary>
public sealed class BpfException : OperatorException
{
    internal const int NotPermitted = 1;
    internal const int NoEntry = 2;
    internal const int NoSuchDevice = 6;
    internal const int Denied = 13;
    internal const int AlreadyThere = 17;
    internal const int Invalid = 22;
    internal const int NotSupported = 95;

    /// <summary>Says what failed.</summary>
    public BpfException(string message, int error = 0, Exception? inner = null)
        : base(IsDenial(error) ? Configuration.ExitCode.NoPermission : Configuration.ExitCode.System, message, inner) => Error = error;

    /// <summary>The error number (errno), or 0.</summary>
    public int Error { get; }

    /// <summary>Makes the exception for what just failed with errno <paramref name="error"/>.</summary>
    internal static BpfException For(string what, int error, string log = "")
    {
        string hint = IsDenial(error)
            ? " (missing a capability: CAP_BPF and CAP_PERFMON load programs, CAP_NET_ADMIN attaches them; run as root)"
            : "";
        // Where the verifier refuses (EACCES), only its log tells why; without a capability there is nothing to add.
        string detail = log.Length == 0 || error == NotPermitted ? "" : $"{Environment.NewLine}{log}";
        return new BpfException($"{what}: {Marshal.GetPInvokeErrorMessage(error)}{hint}{detail}", error);
    }

    /// <summary>Whether a capability is missing.</summary>
    private static bool IsDenial(int error) => error is NotPermitted or Denied;
}
