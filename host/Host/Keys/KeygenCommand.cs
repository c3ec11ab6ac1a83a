using System.CommandLine;
using OppTel.Configuration;

namespace OppTel.Host.Keys;

/// <summary>The command <c>keygen</c>: makes the key of one host and its DPU, and goes the steps of a rotation.</summary>
internal sealed class KeygenCommand : Command
{
    private readonly Option<string?> create = new("--out") { Description = "Make a file with a key; it must not be there yet.", HelpName = "FILE" };
    private readonly Option<string?> add = new("--add") { Description = "First step of a rotation: add a new key, which is taken and not used yet.", HelpName = "FILE" };
    private readonly Option<string?> promote = new("--promote") { Description = "Second step: use the new key; the old one is still taken.", HelpName = "FILE" };
    private readonly Option<string?> drop = new("--drop") { Description = "Last step: forget the old key.", HelpName = "FILE" };

    /// <summary>The command with its options.</summary>
    public KeygenCommand()
        : base(
            "keygen",
            """
            Make the key that one host and its DPU share, or change it while both run.

            Examples:
              opptel-host keygen --out /etc/opptel/key
              opptel-host keygen --add /etc/opptel/key       on the DPU; then copy the file to the host
              opptel-host keygen --promote /etc/opptel/key   on the DPU; the host follows
              opptel-host keygen --drop /etc/opptel/key      on the DPU; then copy the file to the host
            """)
    {
        foreach (Option option in (Option[])[create, add, promote, drop])
            Add(option);
        Validators.Add(result =>
        {
            if (((Option<string?>[])[create, add, promote, drop]).Count(option => result.GetValue(option) is not null) > 1)
                result.AddError("--out, --add, --promote and --drop are steps of their own: give one of them");
        });
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        if (parsed.GetValue(create) is { } made)
            Say(KeySteps.Create(made));
        else if (parsed.GetValue(add) is { } grown)
            Say(KeySteps.Add(grown));
        else if (parsed.GetValue(promote) is { } turned)
            Say(KeySteps.Promote(turned));
        else if (parsed.GetValue(drop) is { } cut)
            Say(KeySteps.Drop(cut));
        else
            Console.Out.WriteLine(KeySteps.NewKey());
        return ExitCode.Ok;
    }

    private static void Say(string next) => Console.Error.WriteLine($"opptel-host: {next}");
}
