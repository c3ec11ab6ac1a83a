namespace OppTel.Triggers.Actions;

/// <summary>Something that a trigger does, off the thread that evaluates.</summary>
public interface ITriggerAction
{
    /// <summary>The configuration's key for it.</summary>
    string Kind { get; }

    /// <summary>Does it.</summary>
    /// <exception cref="TriggerActionException">It failed; the message says what, on which object.</exception>
    Task Run(TriggerEvent happened, CancellationToken cancellation);
}

/// <summary>An action failed.</summary>
public sealed class TriggerActionException : Exception
{
    /// <summary>Says what failed.</summary>
    public TriggerActionException(string message)
        : base(message)
    {
    }

    /// <summary>Says what failed, with the cause.</summary>
    public TriggerActionException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
