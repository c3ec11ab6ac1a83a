namespace OppTel.Bpf;

/// <summary>A clsact filter under our own priority and handle; the qdisc goes too when we made it and nobody else uses it.</summary>
internal sealed class ClsactAttachment : EgressAttachment
{
    private readonly ClsactPlace place;
    private readonly bool madeQdisc;
    private bool attached;

    internal ClsactAttachment(BpfProgram program, string interfaceName, int interfaceIndex, uint priority)
    {
        place = new ClsactPlace(interfaceName, interfaceIndex, LibBpf.TcEgress, priority);
        madeQdisc = place.Attach(program);
        attached = true;
    }

    public override AttachMode Mode => AttachMode.Clsact;

    protected override void Detach()
    {
        if (!attached)
            return;
        attached = false;
        place.Detach(madeQdisc);
    }
}
