using System.Diagnostics;

namespace OppTel.Page.Tests.Rules;

/// <summary>Debian's promtool.</summary>
internal static class PromTool
{
    /// <summary>Runs it; fails with what it said unless it is content.</summary>
    public static void Expect(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("promtool", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"promtool {string.Join(' ', arguments)}: {process.ExitCode}\n{output}{error.Result}");
    }
}
