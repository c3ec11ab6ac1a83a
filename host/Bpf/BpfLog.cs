using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OppTel.Bpf;

/// <summary>Collects what libbpf prints, so that an error can quote the end of the verifier's log.</summary>
internal static unsafe class BpfLog
{
    private const int Debug = 2;
    private const int QuotedLines = 12;

    // The verifier's log comes in one piece, and what matters stands at its end.
    private const int Longest = 1 << 20;

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
        byte* buffer = (byte*)NativeMemory.Alloc(Longest);
        _ = LibBpf.Format(buffer, Longest, format, arguments);
        collected.Append(Marshal.PtrToStringUTF8((nint)buffer));
        NativeMemory.Free(buffer);
        return 0;
    }
}
