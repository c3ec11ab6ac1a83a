using System.Diagnostics;

namespace OppTel.Dataplane.Tests.Replay;

/// <summary>Runs <c>opptel-dataplane replay</c>.</summary>
internal static class ReplayProgram
{
    public static (int Code, string Output, string Errors) Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(DataplaneProcess.Program, ["replay", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
