/* Where Xen starts the kernel: (e/r)si holds start_info's virtual address, virtual addresses are pseudo-physical ones. */

	.section __xen_guest, "a"
	.asciz "GUEST_OS=selfcheck,XEN_VER=xen-3.0,VIRT_BASE=0x0,ELF_PADDR_OFFSET=0x0,HYPERCALL_PAGE=0x2,PAE=yes,LOADER=generic"

	.text
	.globl _start
_start:
	cld
#ifdef __x86_64__
	lea stack_top(%rip), %rsp
	mov %rsi, %rdi
	call kernel_main
#else
	mov $stack_top, %esp
	push %esi
	call kernel_main
#endif
1:	jmp 1b

	/* Xen fills this page (HYPERCALL_PAGE above: the second from the start). */
	.org 0x2000
	.globl hypercall_page
hypercall_page:
	.skip 0x1000

	.bss
	.align 4096
	.skip 16384
stack_top:

	.section .note.GNU-stack, "", @progbits
