/* Where Xen starts a PVH guest (docs/misc/pvh): 32 bits, protected, flat, no paging; ebx holds hvm_start_info's address. */

	.section .note.Xen, "a", @note
	.align 4
	.long 4, 4, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.long _start

	.text
	.globl _start
_start:
	cld
	mov $stack_top, %esp
	push %ebx
	call kernel_main
1:	jmp 1b

	/* Xen fills this page when it is told where it is. */
	.align 4096
	.globl hypercall_page
hypercall_page:
	.skip 0x1000

	.bss
	.align 4096
	.skip 16384
stack_top:

	.section .note.GNU-stack, "", @progbits
