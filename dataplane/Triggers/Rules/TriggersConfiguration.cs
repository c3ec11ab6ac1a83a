using OppTel.Configuration;

namespace OppTel.Triggers.Rules;

/// <summary>The configuration's key <c>triggers</c>.</summary>
/// <param name="Rules">All triggers; may be none.</param>
public sealed record TriggersConfiguration(IReadOnlyList<TriggerRule> Rules)
{
    /// <summary>Most triggers.</summary>
    public const int MaxTriggers = 64;

    private const int MaxActions = 8;
    private const int MaxName = 64;
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    /// <summary>Reads all triggers; what is wrong is reported with its place.</summary>
    /// <param name="root">The section that has the key.</param>
    /// <param name="abilities">What triggers can use here.</param>
    public static TriggersConfiguration Read(ConfigurationSection root, TriggerAbilities abilities)
    {
        List<TriggerRule> rules = [];
        foreach (ConfigurationSection section in root.Sections("triggers"))
        {
            TriggerRule rule = ReadRule(section, abilities);
            if (rule.Name.Length > MaxName)
                section.Report("name", $"has {rule.Name.Length} characters: {MaxName} are enough");
            if (rule.Name.Length > 0 && rules.Exists(other => other.Name == rule.Name))
                section.Report("name", $"two triggers are named '{rule.Name}'");
            rules.Add(rule);
        }

        if (rules.Count > MaxTriggers)
            root.Report("triggers", $"there are {rules.Count}, and at most {MaxTriggers} are evaluated");
        return new TriggersConfiguration(rules.Count == 0 ? (IReadOnlyList<TriggerRule>)[] : rules);
    }

    private static TriggerRule ReadRule(ConfigurationSection section, TriggerAbilities abilities)
    {
        string name = section.RequiredText("name");
        TimeSpan holdOff = section.Duration("hold_off", TimeSpan.FromMinutes(1), TimeSpan.Zero, Longest);
        Condition when = ConditionReader.Read(section.RequiredSection("when"), abilities);
        IReadOnlyList<ConfigurationSection> entries = section.Sections("do");
        IReadOnlyList<ActionRule> actions = [.. entries.Select(action => ActionReader.Read(action, abilities)).OfType<ActionRule>()];
        if (entries.Count == 0)
            section.Report("do", "name at least one action: dump, boost or webhook");
        if (actions.Count > MaxActions)
            section.Report("do", $"there are {actions.Count} actions, and may be {MaxActions}");
        return new TriggerRule(name, when, holdOff, actions);
    }
}
