using OppTel.Triggers.Conditions;

namespace OppTel.Triggers.Actions;

/// <summary>A trigger fired, as actions and people see it.</summary>
/// <param name="trigger">The trigger's name.</param>
/// <param name="firing">What happened.</param>
/// <param name="time">When, in Unix seconds.</param>
public sealed class TriggerEvent(string trigger, Firing firing, double time)
{
    private string? dump;

    /// <summary>The trigger's name.</summary>
    public string Trigger => trigger;

    /// <summary>What happened.</summary>
    public Firing Firing => firing;

    /// <summary>When, in Unix seconds.</summary>
    public double Time => time;

    /// <summary>The file that the recorder's history was written to; null before that, or without such an action.</summary>
    public string? Dump
    {
        get => Volatile.Read(ref dump);
        set => Volatile.Write(ref dump, value);
    }
}
