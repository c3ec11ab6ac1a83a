using System.Diagnostics;

namespace OppTel.EndToEnd.Tests.Testbeds;

/// <summary>What a finished command said.</summary>
internal sealed record CommandResult(string Line, int Code, string Output, string Errors)
{
    /// <summary>The output of a command that must have worked.</summary>
    public string Expect(int code = 0)
    {
        Assert.True(Code == code, $"'{Line}' ended with {Code}, not {code}:\n{Output}\n{Errors}");
        return Output;
    }
}

/// <summary>Runs commands to their end.</summary>
internal static class Command
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    public static CommandResult Run(string program, params IEnumerable<string> arguments) => Run(new ProcessStartInfo(program, arguments));

    public static CommandResult Run(ProcessStartInfo start, string input = "")
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        string line = $"{start.FileName} {string.Join(' ', start.ArgumentList)}";
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"'{line}' did not end within {Limit}");
        }

        return new CommandResult(line, process.ExitCode, output.Result, errors.Result);
    }
}
