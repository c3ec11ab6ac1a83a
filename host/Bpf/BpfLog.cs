using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OppTel.Bpf;

/// <summary>Collects what libbpf prints, so that an error can quote the end of the verifier's log.</summary>
internal static unsafe class BpfLog
{
    private const int Debug = 2;
    private const int QuotedLines = 12;

    [ThreadStatic]
    private static StringBuilder? collected;

    /// <summary>Starts collecting on this thread.</summary>
    internal static void Begin()
    {
        collected = new StringBuilder();
        LibBpf.SetPrint(&Print);
    }

    /// <summary>Ends collecting and returns the last lines.</summary>
    internal static string End()
    {
        string[] lines = (collected?.ToString() ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        collected = null;
        return string.Join(Environment.NewLine, lines.TakeLast(QuotedLines));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Print(int level, byte* format, nint arguments)
    {
        if (level >= Debug || collected is null)
            return 0;
        const int Size = 8192;
        byte* buffer = stackalloc byte[Size];
        _ = LibBpf.Format(buffer, Size, format, arguments);
        collected.Append(Marshal.PtrToStringUTF8((nint)buffer));
        return 0;
    }
}
