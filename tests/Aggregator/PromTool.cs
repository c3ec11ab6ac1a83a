using System.Diagnostics;

namespace OppTel.Aggregator.Tests;

/// <summary>Debian's promtool.</summary>
internal static class PromTool
{
    /// <summary>Fails unless a page passes <c>promtool check metrics</c> without a word.</summary>
    public static void AssertClean(string page)
    {
        using Process process = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Write(page);
        process.StandardInput.Close();
        string words = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 && words.Length == 0, $"promtool: {process.ExitCode}\n{words}\n{page}");
    }
}
